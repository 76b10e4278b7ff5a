import Ccurl

extension StringProtocol {
    /// This text with every byte but the unreserved ones (RFC 3986, section 2.3) as `%XX`.
    ///
    /// - Parameter isKeepingSlashes: whether `/` stays as it is, as in a path.
    package func percentEncoded(keepingSlashes isKeepingSlashes: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(utf8.count)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            case UInt8(ascii: "/") where isKeepingSlashes:
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text that this one encodes, with `%XX` for a byte.
    ///
    /// - Returns: nil when a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    package var percentDecoded: String? { Self.decoded(Array(utf8)) }

    /// The text that an HTML form would have encoded as this one: `+` is a space and `%XX` a byte.
    ///
    /// - Returns: nil when a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    package var formDecoded: String? {
        Self.decoded(utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
    }

    private static func decoded(_ encoded: [UInt8]) -> String? {
        // libcurl takes zero for a length that it has to find out, and leaves a "%" without digits as it is.
        guard !encoded.isEmpty, let length = Int32(exactly: encoded.count), isWellFormed(encoded) else {
            return encoded.isEmpty ? "" : nil
        }
        let decoded = encoded.withUnsafeBytes { bytes -> [UInt8]? in
            var count: Int32 = 0
            let text = bytes.bindMemory(to: CChar.self).baseAddress
            guard let decoded = curl_easy_unescape(nil, text, length, &count) else { return nil }
            defer { curl_free(decoded) }
            return Array(UnsafeRawBufferPointer(start: decoded, count: Int(count)))
        }
        return decoded.flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func isWellFormed(_ encoded: [UInt8]) -> Bool {
        var rest = encoded[...]
        while let sign = rest.firstIndex(of: UInt8(ascii: "%")) {
            let digits = rest[(sign + 1)...].prefix(2)
            let isByte = digits.count == 2 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
            guard isByte else { return false }
            rest = rest[digits.endIndex...]
        }
        return true
    }
}

extension Sequence<(name: String, value: String)> {
    /// These parameters as the query of a URL or the body of a form.
    package var formEncoded: String {
        map { "\($0.name.percentEncoded())=\($0.value.percentEncoded())" }.joined(separator: "&")
    }
}
