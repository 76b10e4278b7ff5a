import LambdaEvents

extension EventPart {
    /// This part for a reader of CloudTrail's log files: all other objects are skipped.
    var ofLogFiles: EventPart {
        switch self {
        case .created(let object) where !object.isLogFile: .skipped(.notALogFile)
        case .skipped(.notOfS3): .unknown("a record is neither of S3, nor SNS, nor SQS")
        case .created, .skipped, .unknown: self
        }
    }
}

extension CreatedObject {
    /// Whether CloudTrail keeps logs of management events under the key: not its digests or insights, and not the logs of
    /// another service in the same bucket.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
    var isLogFile: Bool {
        guard !isEmpty, !key.hasSuffix("/") else { return false }
        let segments = key.split(separator: "/")
        if segments.contains("AWSLogs") { return segments.contains("CloudTrail") }
        return !segments.contains { $0.hasPrefix("CloudTrail-") }
    }
}
