package import Time

/// Files of time zones as the IANA database has them, made for a test.
package enum TimeZoneFixture {
    /// The zone of a rule and, before it, of changes of the offset.
    package static func zone(
        _ rule: String,
        first: Int = 0,
        changes: [(at: Int64, offset: Int)] = []
    ) -> TimeZone? {
        TimeZone(name: "Test/Zone", parsing: file(rule, first: first, changes: changes))
    }

    /// The bytes of a zone's file.
    ///
    /// - Parameters:
    ///   - rule: the rule that holds after the changes.
    ///   - first: the offset before the first change, in seconds.
    ///   - changes: the changes of the offset.
    package static func file(_ rule: String, first: Int = 0, changes: [(at: Int64, offset: Int)] = []) -> [UInt8] {
        let kinds = [first] + changes.map(\.offset)
        var file = header(timeCount: 0, typeCount: 1) + [0, 0, 0, 0, 0, 0, 0]
        file += header(timeCount: changes.count, typeCount: kinds.count)
        for change in changes { file += bytes(change.at, 8) }
        file += (0..<changes.count).map { UInt8($0 + 1) }
        for kind in kinds { file += bytes(Int64(kind), 4) + [0, 0] }
        return file + [0] + Array("\n\(rule)\n".utf8)
    }

    /// The header of one of a file's two blocks.
    package static func header(timeCount: Int, typeCount: Int, leapCount: Int = 0) -> [UInt8] {
        Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            + [0, 0, leapCount, timeCount, typeCount, 1].flatMap { bytes(Int64($0), 4) }
    }

    private static func bytes(_ value: Int64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
    }
}
