import Testing

@testable import CloudTrail

@Suite struct JSONTextTests {
    private func member(_ name: StaticString, of text: String) -> String? {
        Array(text.utf8).withUnsafeBytes { JSONText($0)[name]?.text }
    }

    /// The scan reads several bytes at once: quotes and backslashes must be found at each place in them.
    @Test(arguments: 0...70)
    func aStringEndsWhereItsQuoteIs(_ length: Int) {
        let plain = String(repeating: "x", count: length)
        #expect(member("b", of: #"{"\#(plain)a":"\#(plain)","b":"y\#(plain)"}"#) == "y" + plain)
        for (escape, character) in [(#"\""#, "\""), (#"\\"#, "\\"), (#"\n"#, "\n"), (#"\\\""#, "\\\"")] {
            #expect(
                member("b", of: #"{"a":"\#(plain)\#(escape)","b":"\#(plain)\#(escape)z"}"#) == plain + character + "z"
            )
            #expect(member("b", of: #"{"b":"\#(plain)\#(escape)"}"#) == plain + character)
        }
    }

    @Test(arguments: 0...70)
    func aStringWithoutItsEndIsNone(_ length: Int) {
        let plain = String(repeating: "x", count: length)
        for end in ["", #"\"#, #"\""#, #"\\"#, #"\"}"#] {
            #expect(member("a", of: #"{"a":"\#(plain)\#(end)"#) == nil)
        }
    }
}
