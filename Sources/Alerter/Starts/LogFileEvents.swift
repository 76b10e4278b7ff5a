import LambdaEvents

extension EventPart {
    /// This part for a reader of the log files of one account: all other objects are skipped.
    ///
    /// - Parameter account: the reader's account; nil for all.
    func ofLogFiles(of account: String?) -> EventPart {
        switch self {
        case .created(let object):
            guard object.isLogFile else { return .skipped(.notALogFile) }
            guard let account, let owner = object.logPlace?.account, owner != account else { return self }
            return .skipped(.otherAccount)
        case .skipped(.notOfS3): return .unknown("a record is neither of S3, nor SNS, nor SQS")
        case .skipped, .call, .otherEvent, .unknown: return self
        }
    }
}

extension CreatedObject {
    /// The folders beside `CloudTrail` in which CloudTrail keeps what is not a log of management events.
    private static let otherFolders: Set<Substring> = [
        "CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated",
    ]

    /// Whether CloudTrail keeps logs of management events under the key: not its digests or insights, and not the logs of
    /// another service in the same bucket. An object outside of `AWSLogs` may be a copy, and counts as a log.
    var isLogFile: Bool {
        guard !isEmpty, !key.hasSuffix("/") else { return false }
        if let logPlace { return logPlace.service == "CloudTrail" }
        return !key.split(separator: "/").dropLast().contains { Self.otherFolders.contains($0) }
    }

    /// The place that AWS gives the logs of an account's service, nil for an object outside of `AWSLogs`. What stands before
    /// the last `AWSLogs` is a prefix of the user's own, whatever its name.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
    fileprivate var logPlace: (account: String?, service: Substring?)? {
        let folders = key.split(separator: "/").dropLast()
        guard let root = folders.lastIndex(of: "AWSLogs") else { return nil }
        var place = folders[(root + 1)...]
        if place.first?.hasPrefix("o-") == true { place.removeFirst() }
        let account = place.first.flatMap { Self.isAccount($0) ? String($0) : nil }
        return (account, place.dropFirst().first)
    }

    private static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
