extension UnsafeRawBufferPointer {
    /// The bytes after the last slash, trailing slashes left out; nil without such a slash.
    var lastSegment: UnsafeRawBufferPointer? {
        guard let last = lastIndex(where: { $0 != Self.slash }), let before = self[..<last].lastIndex(of: Self.slash)
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[(before + 1)...last])
    }

    /// The bytes after the first of these signs; nil when there are none or the sign is missing.
    func bytes(after sign: Unicode.Scalar) -> UnsafeRawBufferPointer? {
        guard let place = firstIndex(of: UInt8(ascii: sign)), place + 1 < count else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[(place + 1)...])
    }

    /// The bytes before the first slash; nil when there are none.
    var firstSegment: UnsafeRawBufferPointer? {
        let end = firstIndex(of: Self.slash) ?? count
        return end == 0 ? nil : UnsafeRawBufferPointer(rebasing: self[..<end])
    }

    /// The text in UTF-8, invalid bytes replaced.
    var text: String { String(decoding: self, as: UTF8.self) }

    private static let slash = UInt8(ascii: "/")
}

extension String {
    /// Whether this can be an e-mail address.
    var hasAtSign: Bool { utf8.contains(UInt8(ascii: "@")) }
}
