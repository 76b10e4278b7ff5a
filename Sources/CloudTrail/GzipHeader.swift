import Czlib

/// Reads the header of a gzip member (RFC 1952) byte by byte.
struct GzipHeader {
    /// The bytes with which a member begins.
    static let magic: (first: UInt8, second: UInt8) = (0x1F, 0x8B)

    /// Whether the header has been read to its end.
    var isComplete: Bool { field == .end }

    private enum Field: Int {
        case methodAndFlags, timeAndSystem, extraLength, extra, name, comment, checksum, end
    }

    private enum Flag {
        static let checksum = 0x02
        static let extra = 0x04
        static let name = 0x08
        static let comment = 0x10
        static let reserved = 0xE0
    }

    private static let deflate = 8

    private var field = Field.methodAndFlags
    private var number = LittleEndianNumber()
    private var flags = 0
    private var extraLength = 0
    private var checksum = Self.checksum(of: magic.second, after: Self.checksum(of: magic.first, after: 0))

    /// Takes the next byte behind the magic number.
    mutating func take(_ byte: UInt8) throws(CloudTrailError) {
        number.append(byte)
        if field != .checksum { checksum = Self.checksum(of: byte, after: checksum) }
        let endsText = byte == 0 && (field == .name || field == .comment)
        guard endsText || number.count == length(of: field) else { return }
        try check()
        repeat {
            field = Field(rawValue: field.rawValue + 1) ?? .end
        } while field != .end && length(of: field) == 0
        number = LittleEndianNumber()
    }

    private mutating func check() throws(CloudTrailError) {
        let value = Int(truncatingIfNeeded: number.value)
        switch field {
        case .methodAndFlags:
            guard value & 0xFF == Self.deflate else { throw .damaged("unknown compression method") }
            flags = value >> 8
            guard flags & Flag.reserved == 0 else { throw .damaged("unknown header flags set") }
        case .extraLength:
            extraLength = value
        case .checksum:
            guard value == checksum & 0xFFFF else { throw .damaged("header crc mismatch") }
        case .timeAndSystem, .extra, .name, .comment, .end:
            break
        }
    }

    /// The number of bytes of a field, 0 when the header does not have it.
    private func length(of field: Field) -> Int {
        switch field {
        case .methodAndFlags: 2
        case .timeAndSystem: 6
        case .extraLength: flags & Flag.extra != 0 ? 2 : 0
        case .extra: extraLength
        case .name: flags & Flag.name != 0 ? .max : 0
        case .comment: flags & Flag.comment != 0 ? .max : 0
        case .checksum: flags & Flag.checksum != 0 ? 2 : 0
        case .end: 0
        }
    }

    private static func checksum(of byte: UInt8, after checksum: UInt) -> UInt {
        withUnsafePointer(to: byte) { crc32_z(checksum, $0, 1) }
    }
}

/// A number whose bytes come one by one, the lowest first.
struct LittleEndianNumber {
    private(set) var value: UInt64 = 0
    private(set) var count = 0

    mutating func append(_ byte: UInt8) {
        // Shifts by more than the width give zero, so only the first eight bytes count.
        value |= UInt64(byte) << (8 * count)
        count += 1
    }
}
