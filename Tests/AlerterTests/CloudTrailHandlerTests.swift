import AWS
import GzipFixture
import HTTP
import JSON
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// The story of `cloudtrail_handler` over fakes.
@Suite struct CloudTrailHandlerTests {
    private let bucket = FakeBucket()
    private let table = FakeTable()
    private let metrics = Metrics()

    private func file(_ ids: String..., account: String = "1") -> [UInt8] {
        let records = ids.map { id in
            #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","#
                + #""eventTime":"2026-01-01T12:00:00Z","recipientAccountId":"\#(account)","#
                + #""responseElements":{"queryExecutionId":"\#(id)"}}"#
        }
        return gzip(Array(#"{"Records":[\#(records.joined(separator: ","))]}"#.utf8))
    }

    private func record(_ key: String) -> JSONValue {
        [
            "eventName": "ObjectCreated:Put",
            "s3": ["bucket": ["name": "b"], "object": ["key": .string(key), "size": 1]],
        ]
    }

    private func queued(_ id: String, _ key: String) -> JSONValue {
        let body: JSONValue = ["Records": [record(key)]]
        return ["messageId": .string(id), "eventSource": "aws:sqs", "body": .string(body.serialized())]
    }

    private func handle(_ records: JSONValue...) throws -> JSONValue {
        try CloudTrailHandler(s3: bucket, table: table).handle(["Records": .array(records)], context(metrics))
    }

    @Test func everyStartBecomesARowOnce() throws {
        bucket.files = ["a.json.gz": file("q1", "q2")]
        _ = try handle(record("a.json.gz"))
        _ = try handle(record("a.json.gz"))
        #expect(table.starts.count == 2 && metrics["QueriesStored"] == 2 && metrics["QueriesAlreadyStored"] == 2)
        #expect(metrics["FilesRead"] == 2)
    }

    @Test func aFileThatFailsFailsTheEventAndNotItsNeighbor() throws {
        bucket.files = ["b.json.gz": file("q1"), "c.json.gz": Array("no gzip".utf8)]
        let error = #expect(throws: HandlerError.self) {
            try handle(record("gone.json.gz"), record("b.json.gz"), record("c.json.gz"))
        }
        #expect(error?.description.contains("s3://b/gone.json.gz") == true)
        #expect(error?.description.contains("s3://b/c.json.gz: not a CloudTrail log") == true)
        #expect(table.starts.count == 1 && metrics["FilesFailed"] == 2 && metrics["FilesRead"] == 1)
    }

    @Test(arguments: ["{}", "[]", #"{"level":"info"}"#])
    func aFileWithoutARecordOfAnyFormFails(_ text: String) {
        bucket.files = ["a.json.gz": gzip(Array(text.utf8))]
        let error = #expect(throws: HandlerError.self) { try handle(record("a.json.gz")) }
        #expect(error?.description.contains("no CloudTrail record in any known form") == true)
        #expect(metrics["FilesFailed"] == 1 && metrics["FilesRead"] == 0)
    }

    @Test(
        arguments: [
            (#"{"awsAccountId":"1","digestStartTime":"x"}"#, "FilesSkippedDigest"),
            (#"{"Records":[{"eventType":"AwsCloudTrailInsight"}]}"#, "FilesSkippedInsights"),
        ]
    )
    func aDigestOrAFileOfInsightsUnderAnotherKeyIsSkippedAndCounted(_ text: String, _ metric: String) throws {
        bucket.files = ["a.json.gz": gzip(Array(text.utf8))]
        _ = try handle(record("a.json.gz"))
        #expect(metrics[metric] == 1 && metrics["FilesRead"] == 0 && metrics["FilesFailed"] == 0)
    }

    @Test func aFileOfLinesThatIsNotGzippedIsRead() throws {
        let line =
            #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","#
            + #""eventTime":"2026-01-01T12:00:00Z","responseElements":{"queryExecutionId":"q"}}"#
        bucket.files = ["a.json": Array("\(line)\n\(line)\n".utf8)]
        _ = try handle(record("a.json"))
        #expect(metrics["QueriesStored"] == 1 && metrics["QueriesAlreadyStored"] == 1 && metrics["FilesRead"] == 1)
    }

    @Test func aMessageThatFailsReturnsByItself() throws {
        bucket.files = ["b.json.gz": file("q1")]
        let answer = try handle(queued("m1", "gone.json.gz"), queued("m2", "b.json.gz"))
        #expect(answer == ["batchItemFailures": [["itemIdentifier": "m1"]]])
    }

    @Test func anEventOfUnknownShapeFailsAndIsCounted() throws {
        bucket.files = ["b.json.gz": file("q1")]
        let error = #expect(throws: HandlerError.self) {
            try handle(["eventSource": "aws:kinesis"], record("b.json.gz"))
        }
        #expect(error?.description.contains("the event is of no known shape: a record is neither of S3") == true)
        #expect(table.starts.count == 1 && metrics["FilesFailed"] == 1 && metrics["FilesRead"] == 1)
        let bad: JSONValue = ["messageId": "bad", "eventSource": "aws:sqs", "body": "what?"]
        #expect(try handle(bad, queued("good", "b.json.gz")) == ["batchItemFailures": [["itemIdentifier": "bad"]]])
        #expect(metrics["FilesFailed"] == 2 && metrics["FilesRead"] == 2)
    }

    @Test func startsThatTheTableRefusesFailTheFile() throws {
        bucket.files = ["a.json.gz": file("q1")]
        table.failure = unavailable
        #expect(throws: HandlerError.self) { try handle(record("a.json.gz")) }
        #expect(metrics["QueriesNotStored"] == 1)
    }

    @Test func queriesOfAnotherAccountAreCountedAndNotStored() throws {
        bucket.files = ["a.json.gz": file("q1", account: "2")]
        _ = try handle(record("a.json.gz"))
        #expect(table.starts.isEmpty && metrics["QueriesSkippedOtherAccount"] == 1)
    }

    @Test func anEventOfAnUnknownNameIsCounted() throws {
        let record: JSONValue = ["eventName": "ObjectTeleported:Put", "s3": ["bucket": ["name": "b"]]]
        _ = try handle(record)
        #expect(metrics["FilesSkippedOtherEvent"] == 1 && bucket.reads.isEmpty)
    }

    @Test func anObjectThatIsNotALogFileIsNotRead() throws {
        _ = try handle(record("AWSLogs/1/CloudTrail-Digest/x.json.gz"))
        #expect(bucket.reads.isEmpty && metrics["FilesSkippedNotALogFile"] == 1)
    }

    @Test func aFileOfAnotherAccountIsNotRead() throws {
        bucket.files = ["AWSLogs/o-1/1/CloudTrail/a.json.gz": file("q1")]
        _ = try handle(
            record("AWSLogs/o-1/999999999999/CloudTrail/b.json.gz"),
            record("AWSLogs/o-1/1/CloudTrail/a.json.gz")
        )
        #expect(bucket.reads == ["AWSLogs/o-1/1/CloudTrail/a.json.gz"] && table.starts.count == 1)
        #expect(metrics["FilesSkippedOtherAccount"] == 1 && metrics["FilesRead"] == 1)
    }

    private func call(_ record: JSONValue) -> JSONValue {
        ["detail-type": "AWS API Call via CloudTrail", "source": "aws.athena", "account": "1", "detail": record]
    }

    private func start(_ id: String, account: String = "1") -> JSONValue {
        [
            "eventSource": "athena.amazonaws.com", "eventName": "StartQueryExecution",
            "eventTime": "2026-01-01T12:00:00Z",
            "recipientAccountId": .string(account), "responseElements": ["queryExecutionId": .string(id)],
        ]
    }

    private func take(_ event: JSONValue) throws -> JSONValue {
        try CloudTrailHandler(s3: bucket, table: table).handle(event, context(metrics))
    }

    @Test func anAnnouncedStartHasTheRowThatItsFileWouldMake() throws {
        bucket.files = ["a.json.gz": file("q1")]
        _ = try take(call(start("q1")))
        _ = try take(call(start("q1")))
        _ = try handle(record("a.json.gz"))
        #expect(table.starts == ["2026-01-01 12:00:00#q1"])
        #expect(metrics["CallNotices"] == 2 && metrics["FileNotices"] == 1)
        #expect(metrics["QueriesStored"] == 1 && metrics["QueriesAlreadyStored"] == 2)
        #expect(metrics.seconds(of: "StartLatencySeconds").count == 1)
    }

    @Test func announcedStartsInABatchStandForThemselves() throws {
        let batch = [call(start("q1")), call(start("q2")), call(start("q3", account: "2"))].map { event in
            ["messageId": "m", "eventSource": "aws:sqs", "body": .string(event.serialized())] as JSONValue
        }
        #expect(try take(["Records": .array(batch)]) == ["batchItemFailures": []])
        #expect(table.starts.count == 2 && metrics["QueriesSkippedOtherAccount"] == 1)
    }

    @Test(arguments: [
        JSONValue.null, [:], ["eventSource": "athena.amazonaws.com", "eventName": "StartQueryExecution"],
        [
            "eventSource": "athena.amazonaws.com", "eventName": "StartQueryExecution",
            "responseElements": ["queryExecutionId": 1],
        ],
        ["eventSource": "athena.amazonaws.com", "eventName": "GetQueryExecution"],
    ])
    func anAnnouncedCallThatIsCutOrOfAnotherKindIsCountedAndLeftToItsFile(_ record: JSONValue) throws {
        _ = try take(call(record))
        let skipped = ["RecordsOfOthers", "RecordsMalformed", "StartsRefusedByAthena"].map { metrics[$0] }.reduce(0, +)
        #expect(table.starts.isEmpty && metrics["Records"] == 1 && skipped == 1)
    }

    @Test func anAnnouncedStartThatTheTableRefusesFails() throws {
        table.failure = unavailable
        #expect(throws: HandlerError.self) { try take(call(start("q1"))) }
        let queued: JSONValue = [
            "messageId": "m", "eventSource": "aws:sqs", "body": .string(call(start("q1")).serialized()),
        ]
        #expect(try take(["Records": [queued]]) == ["batchItemFailures": [["itemIdentifier": "m"]]])
        #expect(metrics["QueriesNotStored"] == 2)
    }

    @Test func aFailedEventOfAnAnnouncedStartCanBeSentAgain() throws {
        _ = try take(["requestContext": [:], "requestPayload": call(start("q1"))])
        #expect(table.starts.count == 1)
    }
}
