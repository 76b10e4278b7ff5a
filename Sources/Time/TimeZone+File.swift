extension TimeZone {
    /// Reads a compiled file of the time zone database (TZif) of version 2 or later; nil for bytes that are none, and for
    /// files that count leap seconds.
    ///
    /// https://www.rfc-editor.org/rfc/rfc9636
    package init?(name: String, parsing file: [UInt8]) {
        var reader = TZifReader(bytes: file[...])
        // The first block has times of 32 bits, which the second repeats with 64.
        guard let old = reader.header(), old.version >= UInt8(ascii: "2"), reader.skip(old.length(ofTime: 4)),
            let header = reader.header(), header.leapCount == 0, header.typeCount > 0,
            let changes = reader.numbers(header.timeCount, ofLength: 8),
            let types = reader.take(header.timeCount),
            let kinds = reader.kinds(header.typeCount),
            types.allSatisfy({ $0 < kinds.count }),
            reader.skip(header.remainder), let footer = reader.footer()
        else { return nil }
        guard zip(changes, changes.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        let rule = TimeZoneRule(footer)
        guard rule != nil || footer.isEmpty else { return nil }
        // The first kind holds before the first change.
        let offsets = [kinds[0]] + types.map { kinds[Int($0)] }
        self.init(name: name, changes: changes, offsets: offsets, rule: rule)
    }

    /// Whether a name can be one of the database's: a relative path that stays in its folder.
    package static func isName(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }
}

private struct TZifReader {
    private static let magic = Array("TZif".utf8)

    var bytes: ArraySlice<UInt8>

    struct Header {
        let version: UInt8
        let universalCount: Int
        let standardCount: Int
        let leapCount: Int
        let timeCount: Int
        let typeCount: Int
        let characterCount: Int

        /// The length of the block that follows, in bytes.
        func length(ofTime length: Int) -> Int {
            timeCount * (length + 1) + typeCount * 6 + leapCount * (length + 4) + remainder
        }

        /// The length of the names and of the indicators after the kinds of local time.
        var remainder: Int { characterCount + standardCount + universalCount }
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    /// Reads big-endian numbers.
    mutating func numbers(_ count: Int, ofLength length: Int) -> [Int64]? {
        guard let all = take(count * length) else { return nil }
        return stride(from: all.startIndex, to: all.endIndex, by: length).map { start in
            all[start..<start + length].reduce(0) { $0 << 8 | Int64($1) }
        }
    }

    mutating func header() -> Header? {
        guard let start = take(5), start.starts(with: Self.magic), let version = start.last, skip(15),
            let counts = numbers(6, ofLength: 4)?.map({ Int($0) })
        else { return nil }
        return Header(
            version: version,
            universalCount: counts[0],
            standardCount: counts[1],
            leapCount: counts[2],
            timeCount: counts[3],
            typeCount: counts[4],
            characterCount: counts[5]
        )
    }

    /// Reads the offsets of the kinds of local time, in seconds.
    mutating func kinds(_ count: Int) -> [Int64]? {
        guard let all = take(count * 6) else { return nil }
        return stride(from: all.startIndex, to: all.endIndex, by: 6).map { start in
            let unsigned = all[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
            return Int64(Int32(bitPattern: unsigned))
        }
    }

    /// Reads the rule between two line feeds at the end.
    func footer() -> ArraySlice<UInt8>? {
        let lineFeed = UInt8(ascii: "\n")
        guard bytes.count >= 2, bytes.first == lineFeed, bytes.last == lineFeed else { return nil }
        return bytes.dropFirst().dropLast()
    }
}
