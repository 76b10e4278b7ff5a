import Testing
import Web

@Suite struct URLTests {
    @Test(arguments: [
        ("https://h", "https://h/", "/", ""), ("https://h/", "https://h/", "/", ""),
        ("http://h:8080/a/../b?x=1&y", "http://h:8080/a/../b?x=1&y", "/a/../b", "x=1&y"),
        ("https://h?x=1", "https://h/?x=1", "/", "x=1"), ("https://h/a?", "https://h/a", "/a", ""),
        ("https://h/a?b?c", "https://h/a?b?c", "/a", "b?c"), ("https://h/a?b#c", "https://h/a?b", "/a", "b"),
        ("https://h#/a?b", "https://h/", "/", ""), ("https://h/é", "https://h/é", "/é", ""),
        ("https://h/a?\u{301}", "https://h/a?\u{301}", "/a", "\u{301}"),
        ("http://[::1]:80//x", "http://[::1]//x", "//x", ""), ("https://Host:443/", "https://Host/", "/", ""),
    ])
    func aTextIsTakenApart(_ text: String, _ whole: String, _ path: String, _ query: String) throws {
        let url = try #require(URL(text))
        #expect("\(url)" == whole && url.path == path && url.query == query)
    }

    @Test(arguments: [
        "", "h", "nonsense", "file:///etc/hosts", "gopher://127.0.0.1/", "https:/h", "https://", "https:///a",
        "HTTP://h", "http://h/a\r\nX: y", "http://h/\u{0}", "http://h/\u{7F}", "http://h\n/", "https://ada@h/",
        "https://h:x/", "https://h:+80/", "https://h:65536/", "https://h:/", "https://[::1/", "https://[::1]x/",
        "https://a b/", "https://h\\x/",
    ])
    func whatIsNoURLIsRefused(_ text: String) {
        #expect(URL(text) == nil)
        // A line break after the origin makes no other origin.
        #expect(Origin(text) == nil || text.contains("h/"))
    }

    @Test(arguments: [
        ("https://h", "/x", "https://h/x"), ("https://h/", "/x", "https://h/x"), ("https://h/a", "/x", "https://h/a/x"),
        ("https://h/a/", "/", "https://h/a/"), ("https://h/a?old", "/x", "https://h/a/x"),
    ])
    func aPathIsAdded(_ base: String, _ path: String, _ whole: String) throws {
        #expect(try "\(#require(URL(base)).appending(path))" == whole)
    }

    @Test func aPathAlwaysBeginsWithASlash() {
        let origin = Origin(scheme: .http, host: "h", port: 81)
        #expect("\(URL(origin: origin, path: "a", query: "b"))" == "http://h:81/a?b")
        #expect(URL(origin: origin) == URL("http://h:81"))
    }

    @Test(arguments: [
        ("https://Host:443/", "Host"), ("http://h:80/", "h"), ("https://h:80/", "h:80"), ("http://h:0443", "h:443"),
        ("http://127.0.0.1:5000", "127.0.0.1:5000"), ("http://[fd00::23]:80", "[fd00::23]"),
    ])
    func theHostCarriesAPortOnlyWhenItIsNotTheSchemes(_ url: String, _ authority: String) {
        #expect(Origin(url)?.authority == authority)
    }

    @Test(arguments: [
        ("https://h", true), ("http://h", false), ("http://localhost:1", true), ("http://127.8.0.1", true),
        ("http://[::1]", true), ("http://127.0.0.1.example", false), ("http://localhost.example", false),
        ("http://127.0.0", false), ("http://[::2]", false),
    ])
    func onlyTLSAndThisMachineAreConfidential(_ url: String, _ isConfidential: Bool) {
        #expect(Origin(url)?.isConfidential == isConfidential)
    }
}
