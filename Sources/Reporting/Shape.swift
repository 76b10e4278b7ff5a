import Querying

/// The shape of a statement: its SQL without values and comments, so that runs which differ in these alone are one.
package struct Shape: Sendable, Hashable {
    private static let longestText = 600

    /// The hash of the masked SQL, which tells shapes apart where the SQL itself is not kept.
    package let id: UInt64
    /// The beginning of the masked SQL, in one space where it has several.
    package let text: String

    /// The shape of some SQL; nil when there is none.
    package init?(sql: String) {
        let words = MaskedSQL.mask(sql).split { $0.isWhitespace }
        guard !words.isEmpty else { return nil }
        let whole = words.joined(separator: " ")
        var hash = StableHash()
        for byte in whole.lowercased().utf8 { hash.add(byte) }
        id = hash.value
        text = whole.count > Self.longestText ? whole.prefix(Self.longestText) + "…" : whole
    }

    /// An id as the history has it, in 16 hexadecimal digits.
    package static func text(of id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
