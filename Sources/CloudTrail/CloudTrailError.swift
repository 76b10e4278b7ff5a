/// Why a log file cannot be read to its end.
package enum CloudTrailError: Error, Equatable, Sendable {
    /// The file does not begin as gzip does.
    case notGzip
    /// The compressed data is damaged; zlib's words.
    case damaged(String)
    /// The file ends before its contents do.
    case truncated
    /// The file unpacks to more than any log file does: bytes in, bytes out.
    case bomb(compressed: Int, unpacked: Int)
    /// The text is not JSON, or not of a log file's shape; where, in bytes of unpacked text, and what was wrong.
    case malformed(offset: Int, String)
}

extension CloudTrailError: CustomStringConvertible {
    /// The error in plain words.
    package var description: String {
        switch self {
        case .notGzip: "not a gzip file"
        case .damaged(let reason): "the gzip data is damaged: \(reason)"
        case .truncated: "the file ends before its contents do"
        case .bomb(let compressed, let unpacked):
            "\(compressed) bytes unpack to \(unpacked) and more, which no log file does"
        case .malformed(let offset, let reason): "not a CloudTrail log at byte \(offset): \(reason)"
        }
    }
}
