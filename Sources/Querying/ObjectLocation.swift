/// A place in S3 as Athena writes it: `s3://bucket/key`.
public struct ObjectLocation: Sendable, Equatable, CustomStringConvertible {
    /// The bucket's name.
    public let bucket: String
    /// What follows the bucket and its slash; may be empty.
    public let key: String

    /// Creates a location.
    public init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Reads a location, nil for a text that is none.
    public init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let rest = text.dropFirst(5)
        let bucket = rest.prefix { $0 != "/" }
        guard !bucket.isEmpty, !bucket.contains(where: \.isWhitespace) else { return nil }
        self.init(bucket: String(bucket), key: String(rest.dropFirst(bucket.count + 1)))
    }

    /// Reads the location of a folder: the slash at its end may be missing.
    public init?(folder text: String) {
        self.init(text.hasSuffix("/") ? text : text + "/")
    }

    /// `s3://bucket/key`.
    public var description: String { "s3://\(bucket)/\(key)" }
}
