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

    /// A quote ends a string after an even number of backslashes, wherever these stand in the bytes that are read at once.
    @Test(arguments: 0...70)
    func aRunOfBackslashesEscapesByPairs(_ length: Int) {
        let plain = String(repeating: "x", count: length)
        for pairs in 1...33 {
            let (escaped, text) = (
                String(repeating: #"\\"#, count: pairs), plain + String(repeating: #"\"#, count: pairs)
            )
            #expect(member("b", of: #"{"a":"\#(plain)\#(escaped)","b":"\#(plain)\#(escaped)"}"#) == text)
            #expect(
                member("b", of: #"{"a":["\#(plain)\#(escaped)\"}"],"b":"\#(plain)\#(escaped)\"}"}"#) == text + "\"}"
            )
        }
    }

    /// The names of all members, each with its depth, down to the objects with these names.
    private func names(of text: String, within objects: [String]) -> (names: [String], isWhole: Bool) {
        var names: [String] = []
        func visit(_ object: inout JSONText, _ depth: Int) -> Bool {
            object.forEachMember { name, value in
                let name = String(decoding: name.bytes, as: UTF8.self)
                names.append("\(depth)\(name)")
                if objects.contains(name) { _ = visit(&value, depth + 1) }
            }
        }
        let isWhole = Array(text.utf8).withUnsafeBytes { bytes in
            var object = JSONText(bytes)
            return visit(&object, 0)
        }
        return (names, isWhole)
    }

    @Test func anObjectMayBeReadWhileTheOneAroundItIs() {
        let text = #" {"a" : {"b":{"c":1},"d":"}"} , "e":{"f":[{"g":1}]}, "h":{}}"#
        let object = String(text.dropFirst())
        for objects in [[], ["a"], ["a", "b"], ["e", "h"], ["b"], ["a", "b", "e", "h"]] {
            let found = names(of: object, within: objects)
            #expect(found.isWhole)
            #expect(found.names.filter { $0.hasPrefix("0") } == ["0a", "0e", "0h"])
            #expect(found.names.contains("1d") == objects.contains("a"))
            #expect(found.names.contains("2c") == (objects.contains("a") && objects.contains("b")))
            #expect(found.names.contains("1f") == objects.contains("e"))
        }
        #expect(!names(of: text, within: []).isWhole)
    }

    @Test(arguments: [
        #"{"b" 1}"#, #"{"b":1 "c":2}"#, #"{"b":1,}"#, #"{"b":}"#, #"{,"b":1}"#, #"{"b":1]"#, "[]", #""b""#,
    ])
    func aMistakeInAnObjectThatIsReadConcernsItAlone(_ inner: String) {
        for spaces in 0...70 {
            let space = String(repeating: " ", count: spaces)
            let found = names(of: #"{"a":\#(inner)\#(space),"z":1}"#, within: ["a"])
            #expect(found.isWhole && found.names.first == "0a" && found.names.last == "0z")
        }
    }

    @Test(arguments: [#"{"a":{"b":1}"#, #"{"a":{"b":{}}"#, #"{"a":[{}"#, #"{"a":{"b":"}}"#, #"{"a":{"b":1"#])
    func anObjectWithoutItsEndIsAMistake(_ text: String) {
        #expect(!names(of: text, within: []).isWhole && !names(of: text, within: ["a"]).isWhole)
    }
}
