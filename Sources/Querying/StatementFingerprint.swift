/// A number that is the same for two texts of one statement, and for others almost certainly not.
package struct StatementFingerprint: Sendable, Hashable {
    package let hash: UInt64

    /// The fingerprint of a statement with its values, in the place where it runs. Its comments do not count, because
    /// tools write the id of each run into them, nor does the space between its words.
    package init(_ sql: String, in place: [String?]) {
        let bytes = Array(sql.utf8)
        var hash = StableHash()
        for part in place { hash.add((part ?? "").utf8) }
        for token in SQLToken.tokens(of: bytes) where token.kind != .comment { hash.add(bytes[token.range]) }
        self.hash = hash.value
    }

    package init(hash: UInt64) {
        self.hash = hash
    }
}

/// FNV-1a with 64 bits, which is the same on every machine and at every start, as Swift's own hashes are not.
///
/// https://datatracker.ietf.org/doc/html/rfc9923
package struct StableHash {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Adds a part. Parts do not run into each other: no UTF-8 has the byte that ends one.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte) }
        add(0xFF)
    }

    /// Adds one byte.
    package mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
}
