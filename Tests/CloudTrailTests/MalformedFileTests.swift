import GzipFixture
import JSONFixture
import Testing

@testable import CloudTrail

/// A damaged file is refused with its reason in one short line.
@Suite struct MalformedFileTests {
    /// The bytes of a file, which a list of test cases shows by a name.
    struct File: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: some Sequence<UInt8>) {
            testDescription = name
            self.bytes = Array(bytes)
        }
    }

    private static let text: [UInt8] = {
        let records = (0..<200).map { number in
            #"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestID":"\#(number &* 2_654_435_761)"}"#
        }
        return Array(#"{"Records":[\#(records.joined(separator: ","))]}"#.utf8)
    }()

    private static let file = gzip(text)

    private func expect(_ words: String, of file: [UInt8]) {
        for library in Inflater.Library.present {
            for pieceLength in [.max, 7] {
                let error = #expect(throws: CloudTrailError.self) {
                    try LogFixtures.read(file, pieceLength: pieceLength, inflatingWith: library)
                }
                let said = error?.description ?? ""
                #expect(said.contains(words) && !said.contains("\n") && said.count < 300)
            }
        }
    }

    @Test func theFileIsReadWhenItIsWhole() throws {
        #expect(try LogFixtures.read(Self.file).counts.others == 200)
    }

    @Test(
        arguments: [
            File("half the number", [0x1F]), File("another number", [0x1F, 0x8C] + file[2...]),
            File("half the number twice", [0x1F] + file),
        ]
    )
    func aFileWithHalfTheMagicNumberIsNotGzip(_ file: File) {
        expect("not a gzip file", of: file.bytes)
    }

    @Test(
        arguments: [
            File("a letter", Array("x".utf8)), File("a text", Array("no gzip".utf8)),
            File("zeros", Array(repeating: 0, count: 1000)), File("a line break first", Array("\n".utf8) + file),
            File("a byte order mark first", [0xEF, 0xBB, 0xBF] + file),
            File("zip", Array("PK\u{3}\u{4}".utf8) + file),
            File("XML", Array("<?xml version='1.0'?><Error/>".utf8)),
        ]
    )
    func aFileWithoutTheMagicNumberIsText(_ file: File) {
        expect("not a CloudTrail log at byte", of: file.bytes)
    }

    @Test(
        arguments: [
            File("an unknown method", [0x1F, 0x8B, 0x07] + file[3...]),
            File("a reserved flag", file[..<3] + [0xE0] + file[4...]),
            File("no checksum", file.dropLast(8) + [0, 0, 0, 0] + file.suffix(4)),
            File("half a checksum", file.dropLast(6) + [0, 0] + file.suffix(4)),
            File("no length", file.dropLast(4) + [0, 0, 0, 0]),
            File("other contents", file[..<10] + Array(repeating: 0xFF, count: 100)),
            File("contents with other bytes", file[..<10] + Array(repeating: 0xFF, count: 8) + file[18...]),
        ]
    )
    func aFileWithOtherBytesIsDamaged(_ file: File) {
        expect("the gzip data is damaged", of: file.bytes)
    }

    @Test(
        arguments: [
            3, 5, 9, 10, 11, 50, file.count / 2, file.count - 9, file.count - 8, file.count - 4, file.count - 1,
        ]
    )
    func aFileThatIsCutEndsTooEarly(_ length: Int) {
        expect("the file ends before its contents do", of: Array(Self.file[..<length]))
    }

    @Test(
        arguments: [
            File("a second member that is cut", file + file[..<20]), File("no end", gzip(text.dropLast(2))),
            File("the first records", gzip(Array(text[..<3000]))), File("an object", gzip(Array("{".utf8))),
            File("the array", gzip(Array(#"{"Records":["#.utf8))),
            File("a record", gzip(Array(#"{"Records":[{"a":""#.utf8))),
        ]
    )
    func aSecondMemberOrATextThatIsCutEndsTooEarly(_ file: File) {
        expect("the file ends before its contents do", of: file.bytes)
    }

    @Test(arguments: ["", " "])
    func aFileWithoutTextIsNoLog(_ text: String) {
        expect("the file has no JSON", of: gzip(Array(text.utf8)))
    }

    @Test(arguments: [
        "null", "7", #""x""#, #""Records""#, "x", "}",
    ])
    func aTextThatIsNoObjectIsNoLog(_ text: String) {
        expect("not a CloudTrail log at byte 0", of: gzip(Array(text.utf8)))
    }

    @Test(arguments: ["[]", #"[{"eventName":"StartQueryExecution"}]"#])
    func anArrayWithoutARecordIsNoLog(_ text: String) {
        expect("no CloudTrail record", of: gzip(Array(text.utf8)))
    }

    @Test func bracketsWithoutAnObjectAreNoLog() {
        expect("no CloudTrail record", of: gzip(Array(JSONFixture.deep.utf8)))
    }

    @Test(
        arguments: [
            File("no UTF-8", [0xFF, 0xFE]), File("two byte order marks", [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF] + text),
            File("a number first", Array("7 ".utf8) + text), File("more", text + Array("more".utf8)),
        ]
    )
    func bytesAroundTheObjectMakeItNoLog(_ text: File) {
        expect("not a CloudTrail log at byte", of: gzip(text.bytes))
    }

    @Test(arguments: [
        "{]", #"{"Records"}"#, "{'Records':[]}", #"{"Records":[{}]]"#, #"{"Records":[{},]}x"#, #"{"Records":[{} {}]}"#,
        #"{"Records":[,]}"#, #"{"a":1 "b":2}"#,
    ])
    func aMistakeInTheGrammarMakesItNoLog(_ text: String) {
        expect("not a CloudTrail log at byte", of: gzip(Array(text.utf8)))
    }
}
