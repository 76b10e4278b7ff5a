import GzipFixture
import Testing

@testable import CloudTrail

@Suite struct GzipStreamTests {
    private let text = Array(#"{"Records":[{"a":"b"}]}"#.utf8)

    /// The number of records, for which all libraries must give the same number or the same error.
    private func records(_ bytes: [UInt8], pieceLength: Int = .max) throws(CloudTrailError) -> Int {
        func records(_ library: Inflater.Library) throws(CloudTrailError) -> Int {
            try LogFixtures.read(bytes, pieceLength: pieceLength, inflatingWith: library).counts.records
        }
        let results = Inflater.Library.present.map { library in
            Result { () throws(CloudTrailError) in try records(library) }
        }
        for result in results { #expect(result == results[0]) }
        return try results[0].get()
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

    @Test(
        arguments: [
            ([0x1F, 0x8B, 7, 0], "unknown compression method"), ([0x1F, 0x8B, 8, 0x20], "unknown header flags set"),
            ([0x1F, 0x8B, 8, 2, 0, 0, 0, 0, 0, 3, 1, 2], "header crc mismatch"),
            ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 7], "invalid deflate data"),
        ] as [([UInt8], String)]
    )
    func damageIsNamedAtTheFirstByteThatShowsIt(_ bytes: [UInt8], _ reason: String) {
        for length in [1, .max] {
            #expect(throws: CloudTrailError.damaged(reason)) { try records(bytes, pieceLength: length) }
            #expect(throws: CloudTrailError.truncated) { try records(bytes.dropLast(), pieceLength: length) }
        }
    }

    @Test func aWrongLengthIsNamed() {
        let packed = gzip(text)
        let damaged = packed.dropLast() + [1]
        #expect(throws: CloudTrailError.damaged("incorrect length check")) { try records(Array(damaged)) }
    }

    @Test(arguments: 0..<32 as Range<UInt8>)
    func everyFieldOfTheHeaderIsPassed(_ flags: UInt8) throws {
        var header: [UInt8] = [0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 5, 6]
        if flags & 4 != 0 { header += [3, 0, 0x1F, 0x8B, 0] }
        if flags & 8 != 0 { header += Array("name".utf8) + [0] }
        if flags & 16 != 0 { header += [0] }
        if flags & 2 != 0 { header += header.withUnsafeBufferPointer { checksum($0) } }
        let packed = header + gzip(text)[10...]
        for length in [1, 3, .max] { #expect(try records(packed, pieceLength: length) == 1) }
        for length in 2..<packed.count {
            #expect(throws: CloudTrailError.truncated) { try records(Array(packed[..<length])) }
        }
    }

    /// The lower half of the CRC-32 of a header, the lowest byte first.
    private func checksum(_ header: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let checksum = header.reduce(UInt32.max) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return [UInt8(truncatingIfNeeded: ~checksum), UInt8(truncatingIfNeeded: ~checksum >> 8)]
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
