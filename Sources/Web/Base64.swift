import Ccrypto

/// Base64 with padding (RFC 4648, section 4).
package enum Base64 {
    /// The bytes that a text encodes; nil when the text has a character outside the alphabet, white space included, or
    /// lacks padding.
    package static func decoded(_ text: String) -> [UInt8]? {
        let encoded = Array(text.utf8)
        let padding = encoded.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        // OpenSSL trims white space, takes "-" for the end of the text, and lets "=" stand anywhere.
        guard encoded.count % 4 == 0, encoded.dropLast(padding).allSatisfy(isDigit) else { return nil }
        guard !encoded.isEmpty, let length = Int32(exactly: encoded.count) else { return encoded.isEmpty ? [] : nil }
        let decoded = [UInt8](unsafeUninitializedCapacity: encoded.count / 4 * 3) { buffer, count in
            // The count includes a zero byte for each "=".
            count = max(0, Int(EVP_DecodeBlock(buffer.baseAddress, encoded, length)) - padding)
        }
        return decoded.isEmpty ? nil : decoded
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
