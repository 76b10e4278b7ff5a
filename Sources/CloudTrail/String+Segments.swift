extension String {
    /// The text after the last slash, trailing slashes left out; nil without such a slash.
    var lastSegment: String? {
        part { bytes in
            guard let last = bytes.lastIndex(where: { $0 != Self.slash }),
                let before = bytes[..<last].lastIndex(of: Self.slash)
            else { return nil }
            return (before + 1)..<(last + 1)
        }
    }

    /// The text after the first of these signs; nil when it is empty or the sign is missing.
    func text(after sign: Unicode.Scalar) -> String? {
        part { bytes in bytes.firstIndex(of: UInt8(ascii: sign)).map { ($0 + 1)..<bytes.count } }
    }

    /// The text before the first slash; nil when it is empty.
    var firstSegment: String? {
        part { bytes in 0..<(bytes.firstIndex(of: Self.slash) ?? bytes.count) }
    }

    /// Whether this can be an e-mail address.
    var hasAtSign: Bool {
        var text = self
        return text.withUTF8 { $0.contains(UInt8(ascii: "@")) }
    }

    private static let slash = UInt8(ascii: "/")

    /// The part that a search in the bytes finds; nil when it finds nothing or an empty part.
    private func part(_ find: (UnsafeBufferPointer<UInt8>) -> Range<Int>?) -> String? {
        var text = self
        return text.withUTF8 { bytes in
            guard let range = find(bytes), !range.isEmpty else { return nil }
            return String(decoding: bytes[range], as: UTF8.self)
        }
    }
}
