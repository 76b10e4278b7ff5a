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
        id = Self.hash(whole)
        text = whole.count > Self.longestText ? whole.prefix(Self.longestText) + "…" : whole
    }

    /// FNV-1a with 64 bits, which is the same on every machine and at every start, as Swift's own hashes are not.
    ///
    /// https://datatracker.ietf.org/doc/html/rfc9923
    private static func hash(_ text: String) -> UInt64 {
        text.lowercased().utf8.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
    }

    /// An id as the history has it, in 16 hexadecimal digits.
    package static func text(of id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
