/// A location in S3 as Athena writes it: `s3://bucket/key`.
package struct ObjectLocation: Sendable, Equatable, CustomStringConvertible {
    /// The bucket's name.
    package let bucket: String
    /// The text after the bucket and its slash; may be empty.
    package let key: String

    /// Creates a location.
    package init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Reads a location; nil for a text of another form.
    package init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let rest = text.dropFirst(5)
        let bucket = rest.prefix { $0 != "/" }
        guard !bucket.isEmpty, !bucket.contains(where: \.isWhitespace) else { return nil }
        self.init(bucket: String(bucket), key: String(rest.dropFirst(bucket.count + 1)))
    }

    /// Reads the location of a folder, whose last slash may be missing.
    package init?(folder text: String) {
        self.init(text.hasSuffix("/") ? text : text + "/")
    }

    /// `s3://bucket/key`.
    package var description: String { "s3://\(bucket)/\(key)" }
}
