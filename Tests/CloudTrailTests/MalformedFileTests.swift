import GzipFixture
import JSONFixture
import Testing

@testable import CloudTrail

/// A damaged file is refused with its reason in one short line.
@Suite struct MalformedFileTests {
    private static let text: [UInt8] = {
        let records = (0..<200).map { number in
            #"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestID":"\#(number &* 2_654_435_761)"}"#
        }
        return Array(#"{"Records":[\#(records.joined(separator: ","))]}"#.utf8)
    }()

    private static let file = gzip(text)

    private func expect(_ words: String, of file: [UInt8]) {
        for pieceLength in [.max, 7] {
            let error = #expect(throws: CloudTrailError.self) {
                try LogFixtures.read(file, packing: .gzip, pieceLength: pieceLength)
            }
            let said = error?.description ?? ""
            #expect(said.contains(words) && !said.contains("\n") && said.count < 300)
        }
    }

    @Test func theFileIsReadWhenItIsWhole() throws {
        #expect(try LogFixtures.read(Self.file, packing: .gzip).counts.others == 200)
    }

    @Test(
        arguments: [
            Array("x".utf8), Array("no gzip".utf8), [0x1F], Array(repeating: 0, count: 1000), text,
            [0x1F, 0x8C] + file[2...], Array("\n".utf8) + file, [0xEF, 0xBB, 0xBF] + text,
            Array("PK\u{3}\u{4}".utf8) + file, Array("<?xml version='1.0'?><Error/>".utf8),
        ] as [[UInt8]]
    )
    func aFileWithoutTheMagicNumberIsNotGzip(_ file: [UInt8]) {
        expect("not a gzip file", of: file)
    }

    @Test(
        arguments: [
            // An unknown method, and a flag that must be zero.
            [0x1F, 0x8B, 0x07] + file[3...], file[..<3] + [0xE0] + file[4...],
            // The checksum and the length.
            file.dropLast(8) + [0, 0, 0, 0] + file.suffix(4), file.dropLast(6) + [0, 0] + file.suffix(4),
            file.dropLast(4) + [0, 0, 0, 0],
            // The contents.
            file[..<10] + Array(repeating: 0xFF, count: 100),
            file[..<10] + Array(repeating: 0xFF, count: 8) + file[18...],
        ] as [[UInt8]]
    )
    func aFileWithOtherBytesIsDamaged(_ file: [UInt8]) {
        expect("the gzip data is damaged", of: file)
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
            file + file[..<20], gzip(text.dropLast(2)), gzip(Array(text[..<3000])), gzip(Array("{".utf8)),
            gzip(Array(#"{"Records":["#.utf8)), gzip(Array(#"{"Records":[{"a":""#.utf8)),
        ] as [[UInt8]]
    )
    func aSecondMemberOrATextThatIsCutEndsTooEarly(_ file: [UInt8]) {
        expect("the file ends before its contents do", of: file)
    }

    @Test(arguments: ["", " "])
    func aFileWithoutTextIsNoLog(_ text: String) {
        expect("the file has no JSON", of: gzip(Array(text.utf8)))
    }

    @Test(arguments: [
        "null", "7", #""x""#, #""Records""#, "[]", #"[{"eventName":"StartQueryExecution"}]"#, "x", "}",
        JSONFixture.deep,
    ])
    func aTextThatIsNoObjectIsNoLog(_ text: String) {
        expect("not a CloudTrail log at byte 0", of: gzip(Array(text.utf8)))
    }

    @Test(
        arguments: [
            [0xFF, 0xFE], [0xEF, 0xBB, 0xBF] + text, text + text, text + Array("more".utf8),
        ] as [[UInt8]]
    )
    func bytesAroundTheObjectMakeItNoLog(_ text: [UInt8]) {
        expect("not a CloudTrail log at byte", of: gzip(text))
    }

    @Test(arguments: [
        "{]", #"{"Records"}"#, "{'Records':[]}", #"{"Records":[{}]]"#, #"{"Records":[{},]}x"#, #"{"Records":[{} {}]}"#,
        #"{"Records":[,]}"#, #"{"a":1 "b":2}"#,
    ])
    func aMistakeInTheGrammarMakesItNoLog(_ text: String) {
        expect("not a CloudTrail log at byte", of: gzip(Array(text.utf8)))
    }
}
