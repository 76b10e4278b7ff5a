import LambdaEvents
import Testing

@testable import Alerter

@Suite struct LogFileEventsTests {
    private func part(_ key: String, isEmpty: Bool = false) -> EventPart {
        EventPart.created(CreatedObject(bucket: "b", key: key, isEmpty: isEmpty)).ofLogFiles
    }

    @Test(arguments: ["prefix/AWSLogs/o-org/1/CloudTrail/x.json.gz", "my-own/place.json.gz", "AWSLogs/x/CloudTrail/y"])
    func logFilesMayBeAnywhere(_ key: String) {
        #expect(part(key) == .created(CreatedObject(bucket: "b", key: key)))
    }

    @Test(arguments: [
        "AWSLogs/1/CloudTrail/eu-west-1/", "AWSLogs/1/CloudTrail-Digest/eu-west-1/x.json.gz",
        "p/AWSLogs/o-1/1/CloudTrail-Insight/x.json.gz", "AWSLogs/1/elasticloadbalancing/x.log.gz",
        "CloudTrail-Digest/x.json.gz",
    ])
    func foldersDigestsInsightsAndOtherLogsAreSkipped(_ key: String) {
        #expect(part(key) == .skipped(.notALogFile))
    }

    @Test func anEmptyObjectIsSkipped() {
        #expect(part("AWSLogs/1/CloudTrail/x.json.gz", isEmpty: true) == .skipped(.notALogFile))
    }

    @Test func aRecordThatIsNotAboutAnObjectIsUnknown() {
        #expect(EventPart.skipped(.notOfS3).ofLogFiles == .unknown("a record is neither of S3, nor SNS, nor SQS"))
        #expect(EventPart.skipped(.testMessage).ofLogFiles == .skipped(.testMessage))
        #expect(EventPart.unknown("x").ofLogFiles == .unknown("x"))
    }
}
