package import Web

/// The address of a service in a region.
package struct Endpoint: Equatable {
    /// The URL below which all calls go.
    package let url: URL
    /// Whether the environment names it.
    let isCustom: Bool

    /// The address of a call.
    func url(of call: AWSCall) -> URL {
        switch call.resource {
        case .path(let path): url.appending(path, query: call.query)
        case .object(let bucket, let key): url(ofBucket: bucket, key: key, query: call.query)
        }
    }

    /// The address of an object. The bucket goes into the host name where a certificate covers that, else into the path.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    package func url(ofBucket bucket: String, key: String, query: String = "") -> URL {
        let path = "/" + key.percentEncoded(keepingSlashes: true)
        guard !isCustom, Self.isHostLabel(bucket) else {
            return url.appending("/" + bucket.percentEncoded() + path, query: query)
        }
        let origin = Origin(scheme: url.origin.scheme, host: "\(bucket).\(url.origin.host)", port: url.origin.port)
        return URL(origin: origin, path: path, query: query)
    }

    private static func isHostLabel(_ bucket: String) -> Bool {
        bucket.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "-")
        }
    }
}
