import GzipFixture
import Testing

@testable import CloudTrail

@Suite struct GzipStreamTests {
    private let text = Array(#"{"Records":[{"a":"b"}]}"#.utf8)

    private func records(_ bytes: [UInt8], pieceLength: Int = .max) throws(CloudTrailError) -> Int {
        try LogFixtures.read(bytes, pieceLength: pieceLength).counts.records
    }

    @Test func oneMemberCutAnywhereInTwoIsRead() throws {
        let packed = gzip(text)
        for length in 1...packed.count { #expect(try records(packed, pieceLength: length) == 1) }
    }

    @Test func membersFollowEachOther() throws {
        let packed = gzip(Array(text[..<7])) + gzip([]) + gzip(Array(text[7...]))
        for length in [1, 2, 3, 7, packed.count] { #expect(try records(packed, pieceLength: length) == 1) }
    }

    @Test(arguments: [[0, 0, 0, 0], [0x1F], [0x1F, 0x1F], Array("garbage".utf8), [0x8B]] as [[UInt8]])
    func bytesAfterTheLastMemberAreIgnored(_ trailer: [UInt8]) throws {
        for length in [1, 2, .max] { #expect(try records(gzip(text) + trailer, pieceLength: length) == 1) }
    }

    @Test func aFileCutAnywhereIsTruncated() {
        let packed = gzip(text)
        for length in 2..<packed.count {
            #expect(throws: CloudTrailError.truncated) { try records(Array(packed[..<length])) }
        }
    }

    @Test(arguments: ["\u{1F}", "\u{1F}x", "\u{1F}\u{1F}"])
    func aFileWithHalfOfTheMagicNumberIsRefused(_ text: String) {
        #expect(throws: CloudTrailError.notGzip) { try records(Array(text.utf8)) }
    }

    @Test func damageIsNoticedEvenWhereItUnpacks() {
        var packed = gzip(text, level: 0)
        packed[20] ^= 1
        let error = #expect(throws: CloudTrailError.self) { try records(packed) }
        #expect(error?.description == "the gzip data is damaged: incorrect data check")
    }

    @Test func aSecondMemberThatIsDamagedIsNoTrailer() {
        let packed = gzip(text) + [0x1F, 0x8B, 0xFF, 0xFF]
        #expect(throws: CloudTrailError.self) { try records(packed) }
    }

    @Test func aBombIsRefusedLongBeforeItsEnd() {
        let spaces = gzip([UInt8](repeating: 0x20, count: 32 << 20), level: 9)
        let error = #expect(throws: CloudTrailError.self) { try records(spaces + spaces + spaces + spaces) }
        #expect(error?.description.contains("which no log file does") == true)
    }

    @Test func plainTextIsReadToo() throws {
        #expect(try records(text) == 1)
    }
}
