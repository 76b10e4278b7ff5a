import AWS
import LambdaEvents
import Time

/// The log files that CloudTrail keeps in a bucket.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
struct TrailFiles {
    private static let timeLimit = Duration.seconds(60)

    let s3: S3
    let bucket: String
    /// The trail's own prefix, empty or with a slash at its end.
    let prefix: String

    init(s3: S3, bucket: String, prefix: String) {
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
    }

    /// The folders of an account's regions, those of an organization's trail included.
    func regionFolders(of accountID: String) throws(AWSError) -> [String] {
        let logs = prefix + "AWSLogs/"
        let organizations = try folders(in: logs + "o-").map { $0 + accountID }
        var regions: [String] = []
        for account in [logs + accountID] + organizations { regions += try folders(in: account + "/CloudTrail/") }
        return regions
    }

    /// Visits the files that were delivered to a region's folder on some days.
    ///
    /// - Parameter visit: takes each file and returns whether to continue.
    /// - Returns: whether to continue.
    func visit(_ regionFolder: String, on days: Days, visit: (CreatedObject) -> Bool) throws(AWSError) -> Bool {
        for day in days.deliveryFolders {
            var isWanted = true
            try forEachPage(of: "\(regionFolder)\(day)/", isFolded: false) { page in
                for object in page.objects where isWanted && object.size > 0 {
                    let file = CreatedObject(bucket: bucket, key: object.key)
                    if file.isLogFile { isWanted = visit(file) }
                }
                return isWanted
            }
            guard isWanted else { return false }
        }
        return true
    }

    private func folders(in start: String) throws(AWSError) -> [String] {
        var folders: [String] = []
        try forEachPage(of: start, isFolded: true) { page in
            folders += page.folders
            return true
        }
        return folders
    }

    private func forEachPage(of start: String, isFolded: Bool, read: (S3Listing) -> Bool) throws(AWSError) {
        var next: String?
        repeat {
            let deadline = Deadline.after(Self.timeLimit)
            let page = try s3.list(bucket: bucket, prefix: start, isFolded: isFolded, from: next, before: deadline)
            guard read(page) else { return }
            next = page.next
        } while next != nil
    }
}
