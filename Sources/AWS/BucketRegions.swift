/// The regions of buckets, as far as S3 has redirected requests to them.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html
struct BucketRegions {
    private var known: [String: String] = [:]

    /// The region of a call's bucket, nil when S3 has told none.
    func region(of call: AWSCall) -> String? { call.bucket.flatMap { known[$0] } }

    /// Remembers where S3 redirects a call to.
    ///
    /// - Parameters:
    ///   - error: the error of the call.
    ///   - call: the call.
    ///   - region: the region to which the call went.
    /// - Returns: whether S3 names another region of the same partition. Only a region's name is taken from the answer, so
    ///   the next request goes to a host of AWS, too.
    mutating func learn(from error: AWSError, of call: AWSCall, sentTo region: String) -> Bool {
        guard case .refused(let refusal) = error, let bucket = call.bucket, let other = refusal.bucketRegion,
            other != region, Self.isName(other), AWSPartition(of: other) == AWSPartition(of: region)
        else { return false }
        known[bucket] = other
        return true
    }

    /// Whether a text has the form of a region's name, such as `us-gov-east-1`.
    static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard EndpointResolver.isRegion(text), parts.count >= 3, let number = parts.last else { return false }
        return (1...2).contains(number.utf8.count) && UInt8(number) != nil
            && parts.dropLast().allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isLetter) }
    }
}

extension AWSCall {
    /// The bucket that the call is about.
    fileprivate var bucket: String? {
        if case .object(let bucket, _) = resource { bucket } else { nil }
    }
}

extension ServiceError {
    private static let redirectCodes: Set<String> = [
        "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
    ]

    /// Whether the status or the code says that the bucket is in another region.
    var isRedirect: Bool { [301, 302, 307].contains(status) || Self.redirectCodes.contains(code) }
}

extension AWSError {
    /// This error, the second redirect of a call.
    ///
    /// - Parameters:
    ///   - first: the region in which the call began.
    ///   - second: the region to which it was redirected at first.
    func afterRedirects(from first: String, through second: String) -> AWSError {
        guard case .refused(var error) = self else { return self }
        error.message =
            "S3 redirects from \(first) to \(second), and from there to \(error.bucketRegion ?? "another region")"
        return .refused(error)
    }
}
