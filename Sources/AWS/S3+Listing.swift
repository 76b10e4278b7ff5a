import HTTP
package import Time
import Web

/// One page of what is in a bucket.
package struct S3Listing: Equatable, Sendable {
    /// An object, not read.
    package struct Object: Equatable, Sendable {
        /// The object's key, not encoded.
        package let key: String
        /// The object's length in bytes.
        package let size: Int
        /// The time of the last write, in UTC: `2024-03-05T14:30:07.000Z`.
        package let modified: String
    }

    /// The objects, in the order of their keys.
    package let objects: [Object]
    /// The beginnings that keys share up to the next slash, when the request asked for them.
    package let folders: [String]
    /// The start of the next page, nil after the last.
    package let next: String?
}

extension S3 {
    /// Reads one page of the keys that begin with a prefix.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    ///
    /// - Parameters:
    ///   - bucket: the bucket's name.
    ///   - prefix: what the keys begin with.
    ///   - isFolded: whether keys with a slash after the prefix are told only as folders.
    ///   - start: where an earlier page said that this one begins.
    ///   - deadline: when to give up.
    package func list(
        bucket: String,
        prefix: String,
        isFolded: Bool = false,
        from start: String? = nil,
        before deadline: Deadline
    ) throws(AWSError) -> S3Listing {
        // Encoded, because XML cannot hold every character that a key can.
        var query: [(name: String, value: String)] = [("encoding-type", "url"), ("list-type", "2"), ("prefix", prefix)]
        if isFolded { query.append(("delimiter", "/")) }
        if let start { query.append(("continuation-token", start)) }
        let call = AWSCall(
            service: .s3,
            operation: "ListObjectsV2",
            method: "GET",
            resource: .object(bucket: bucket, key: ""),
            query: query.formEncoded,
            timeout: .seconds(30)
        )
        let answer = try client.send(call, before: deadline).document(of: call)
        guard let listing = S3Listing(answer) else {
            throw .unreadable(call: call.name, reason: "a part of the listing is missing")
        }
        guard (listing.objects.map(\.key) + listing.folders).allSatisfy({ $0.utf8.starts(with: prefix.utf8) })
        else {
            throw .unreadable(call: call.name, reason: "it lists what was not asked for")
        }
        guard listing.next == nil || listing.next != start else {
            throw .unreadable(call: call.name, reason: "the listing does not go on")
        }
        return listing
    }
}

extension S3Listing {
    fileprivate init?(_ answer: XMLElement) {
        guard answer.name == "ListBucketResult", let isTruncated = answer["IsTruncated"]?.text else { return nil }
        let next = answer["NextContinuationToken"]?.text
        guard isTruncated == "false" || (isTruncated == "true" && next?.isEmpty == false) else { return nil }
        let objects = answer.all("Contents").map { object -> Object? in
            guard let key = object["Key"]?.text.formDecoded, let size = (object["Size"]?.text).flatMap({ Int($0) })
            else { return nil }
            return Object(key: key, size: size, modified: object["LastModified"]?.text ?? "")
        }
        let folders = answer.all("CommonPrefixes").map { $0["Prefix"]?.text.formDecoded }
        guard !objects.contains(nil), !folders.contains(nil) else { return nil }
        self.objects = objects.compactMap(\.self)
        self.folders = folders.compactMap(\.self)
        self.next = isTruncated == "true" ? next : nil
    }
}
