import Ccrypto

/// The code by which the holder of a key recognizes its own message: HMAC with SHA-256 (RFC 2104).
package struct MessageCode: Sendable {
    private let bytes: [UInt8]

    package init(of message: String, key: String) {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let key = Array(key.utf8)
        let message = Array(message.utf8)
        HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &count)
        bytes = Array(code.prefix(Int(count)))
    }

    /// Two lower-case hexadecimal digits a byte.
    package var hexadecimal: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether a text is this code. The time that it takes does not tell how much of the text is right.
    package func matches(_ text: String) -> Bool {
        let own = Array(hexadecimal.utf8)
        let other = Array(text.utf8)
        return own.count == other.count && CRYPTO_memcmp(own, other, own.count) == 0
    }
}
