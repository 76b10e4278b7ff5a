import Ccrypto

/// Hashes and message authentication codes by OpenSSL.
enum Digest {
    static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha256()) }

    static func md5(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_md5()) }

    static func hmacSHA256(key: [UInt8], _ message: String) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        HMAC(EVP_sha256(), key, Int32(key.count), Array(message.utf8), message.utf8.count, &code, &count)
        return Array(code.prefix(Int(count)))
    }

    private static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &hash, &count, algorithm, nil)
        return Array(hash.prefix(Int(count)))
    }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
