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
    /// A bucket in memory.
    private final class FakeBucket: LogFiles {
        var files: [String: [UInt8]] = [:]
        private(set) var reads: [String] = []

        func getObject(
            bucket: String,
            key: String,
            into sink: any ResponseSink,
            before deadline: Deadline
        ) throws(AWSError) {
            reads.append(key)
            guard let file = files[key] else { throw unavailable }
            sink.begin()
            guard file.withUnsafeBytes({ sink.receive($0) }) else {
                throw .transport(call: "s3:GetObject", .refusedBySink)
            }
        }
    }

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
}
