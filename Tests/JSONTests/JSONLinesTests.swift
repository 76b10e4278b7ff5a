import JSON
import Testing

@Suite struct JSONLinesTests {
    private func text(_ lines: inout JSONLines) -> String {
        lines.take { String(decoding: $0, as: UTF8.self) }
    }

    @Test func membersWithAValueAreWritten() {
        var lines = JSONLines()
        lines.beginObject()
        lines.addMember("a", nil)
        lines.addMember("b", "1")
        lines.addMember("c", nil)
        lines.addMember("d", "{")
        lines.addMember("e", "")
        lines.endObject()
        lines.beginObject()
        lines.endObject()
        #expect(text(&lines) == #"{"b":"1","d":"{","e":""}"# + "\n{}\n")
        #expect(text(&lines).isEmpty)
    }

    @Test(arguments: ["", "\"", "\\", "\n", "\u{7F}", "é", "\u{FF66}", "\u{FFFF}", "😀"])
    func aTextIsWrittenAsInAnyJSON(_ character: String) {
        var lines = JSONLines()
        for before in 0...40 {
            for after in 0...40 {
                let value = String(repeating: "a", count: before) + character + String(repeating: "b", count: after)
                lines.beginObject()
                lines.addMember("name", value)
                lines.endObject()
                #expect(text(&lines) == JSONValue.object([.init("name", .string(value))]).serialized() + "\n")
            }
        }
    }

    @Test func linesOfAnyLengthAreKept() {
        var lines = JSONLines()
        var expected = ""
        for count in [0, 1, 4000, 4090, 100_000] {
            let value = String(repeating: "x", count: count)
            lines.beginObject()
            lines.addMember("a", value)
            lines.addMember("b", value)
            lines.endObject()
            expected += #"{"a":"\#(value)","b":"\#(value)"}"# + "\n"
        }
        #expect(text(&lines) == expected)
    }
}
