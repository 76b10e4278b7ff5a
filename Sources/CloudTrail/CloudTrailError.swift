/// A log file that cannot be read to its end.
package enum CloudTrailError: Error, Equatable, Sendable {
    /// The file begins with the first byte of gzip's magic number, and not with the second.
    case notGzip
    /// The compressed data is damaged; holds the reason.
    case damaged(String)
    /// The file ends before its contents do.
    case truncated
    /// The file unpacks to more than any log file does; holds the bytes read and the bytes unpacked.
    case bomb(compressed: Int, unpacked: Int)
    /// The text is not the JSON of a log file; holds the offset in the unpacked text, and the mistake.
    case malformed(offset: Int, String)
    /// The text is JSON without a record of CloudTrail; holds what it has instead.
    case noRecord(String)
}

extension CloudTrailError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notGzip: "not a gzip file"
        case .damaged(let reason): "the gzip data is damaged: \(reason)"
        case .truncated: "the file ends before its contents do"
        case .bomb(let compressed, let unpacked):
            "\(compressed) bytes unpack to \(unpacked) or more, which no log file does"
        case .noRecord(let found): "no CloudTrail record in any known form; found \(found)"
        case .malformed(let offset, let reason): "not a CloudTrail log at byte \(offset): \(reason)"
        }
    }
}
