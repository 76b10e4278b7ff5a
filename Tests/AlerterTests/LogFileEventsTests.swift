import LambdaEvents
import Testing

@testable import Alerter

@Suite struct LogFileEventsTests {
    private static let own = "111122223333"

    private func part(_ key: String, isEmpty: Bool = false, account: String? = own) -> EventPart {
        EventPart.created(CreatedObject(bucket: "b", key: key, isEmpty: isEmpty)).ofLogFiles(of: account)
    }

    @Test(arguments: [
        "prefix/AWSLogs/o-org/111122223333/CloudTrail/x.json.gz", "my-own/place.json.gz", "AWSLogs/x/CloudTrail/y",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/01/x.json.gz",
        // A prefix may have any name.
        "CloudTrail-Digest/AWSLogs/111122223333/CloudTrail/x.json.gz",
        "AWSLogs/999999999999/CloudTrail/AWSLogs/111122223333/CloudTrail/x.json.gz",
        "o-org/AWSLogs/o-org/111122223333/CloudTrail/x.json.gz",
        // Copies of one's own.
        "CloudTrail-copies/x.json.gz", "copies/CloudTrail-Digest.json.gz", "999999999999/CloudTrail/x.json.gz",
    ])
    func logFilesMayBeAnywhere(_ key: String) {
        #expect(part(key) == .created(CreatedObject(bucket: "b", key: key)))
    }

    @Test(arguments: [
        "AWSLogs/1/CloudTrail/eu-west-1/", "AWSLogs/1/CloudTrail-Digest/eu-west-1/x.json.gz",
        "p/AWSLogs/o-1/1/CloudTrail-Insight/x.json.gz", "AWSLogs/1/elasticloadbalancing/x.log.gz",
        "AWSLogs/1/CloudTrail-NetworkActivity/x.json.gz", "AWSLogs/1/CloudTrail-Aggregated/x.json.gz",
        // A prefix named CloudTrail, and a file with that name, make no log.
        "CloudTrail/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/x.json.gz",
        "CloudTrail/AWSLogs/111122223333/Config/eu-west-1/x.json.gz",
        "CloudTrail/AWSLogs/o-1/111122223333/elasticloadbalancing/x.log.gz",
        "AWSLogs/111122223333/Config/CloudTrail/x.json.gz", "AWSLogs/111122223333/CloudTrail", "AWSLogs/x.json.gz",
        "CloudTrail-Digest/x.json.gz", "mine/CloudTrail-Aggregated/x.json.gz",
        // The logs of another service are no logs, whoever owns them.
        "AWSLogs/999999999999/CloudTrail-Digest/x.json.gz",
    ])
    func foldersDigestsInsightsAndOtherLogsAreSkipped(_ key: String) {
        #expect(part(key) == .skipped(.notALogFile))
    }

    @Test(arguments: [
        "AWSLogs/999999999999/CloudTrail/x.json.gz", "p/AWSLogs/o-org/999999999999/CloudTrail/eu-west-1/x.json.gz",
        "AWSLogs/111122223333/CloudTrail/AWSLogs/999999999999/CloudTrail/x.json.gz",
    ])
    func aFileOfAnotherAccountIsSkipped(_ key: String) {
        #expect(part(key) == .skipped(.otherAccount))
        #expect(part(key, account: "999999999999") == .created(CreatedObject(bucket: "b", key: key)))
        #expect(part(key, account: nil) == .created(CreatedObject(bucket: "b", key: key)))
    }

    @Test func anEmptyObjectIsSkipped() {
        #expect(part("AWSLogs/1/CloudTrail/x.json.gz", isEmpty: true) == .skipped(.notALogFile))
    }

    @Test func aRecordThatIsNotAboutAnObjectIsUnknown() {
        let unknown = EventPart.unknown("a record is neither of S3, nor SNS, nor SQS")
        #expect(EventPart.skipped(.notOfS3).ofLogFiles(of: nil) == unknown)
        #expect(EventPart.skipped(.testMessage).ofLogFiles(of: nil) == .skipped(.testMessage))
        #expect(EventPart.unknown("x").ofLogFiles(of: nil) == .unknown("x"))
    }
}
