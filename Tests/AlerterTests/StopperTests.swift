import AWS
import Alerting
import CloudTrail
import JSON
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// The name of whoever stopped a query: from CloudTrail's record to the message of the query's end.
@Suite struct StopperTests {
    private let bucket = FakeBucket()
    private let table = FakeTable()
    private let athena = FakeAthena()
    private let queue = FakeQueue()
    private let metrics = Metrics()

    private func stop(_ id: String, account: String = "1") -> String {
        #"{"eventSource":"athena.amazonaws.com","eventName":"StopQueryExecution","eventTime":"2026-01-01T12:00:00Z","#
            + #""userIdentity":{"type":"IAMUser","userName":"grace"},"recipientAccountId":"\#(account)","#
            + #""requestParameters":{"queryExecutionId":"\#(id)"},"responseElements":null}"#
    }

    private func read(_ stops: String...) throws {
        bucket.files = ["a.json": Array(#"{"Records":[{},\#(stops.joined(separator: ","))]}"#.utf8)]
        let event: JSONValue = [
            "eventName": "ObjectCreated:Put", "s3": ["bucket": ["name": "b"], "object": ["key": "a.json", "size": 1]],
        ]
        _ = try CloudTrailHandler(s3: bucket, table: table).handle(["Records": [event]], context(metrics))
    }

    private func end(_ id: String, _ state: String, _ attributes: Item = [:], people: People = People()) throws {
        let key = QueryKey(startTime: .now - .seconds(60), executionID: id)
        let item: Item = [
            "start_date": .string(key.startDate), "start_key": .string(key.startKey), "executing_user": "ada",
        ]
        table.open = [try #require(OpenQuery(item.merging(attributes) { $1 }))]
        athena.executions = [id: state]
        let services = UsageUpdateInvocation.Services(
            athena: athena,
            sqs: queue,
            queueURL: "q",
            table: table,
            price: Price(perTB: 5),
            people: people
        )
        _ = try UsageUpdate(services).handle(.null, context(metrics))
    }

    @Test func eachStopOfTheAccountIsNoted() throws {
        try read(stop("a"), stop("b", account: "2"))
        #expect(table.stoppers == ["a": "grace"])
        #expect(metrics["Records"] == 3 && metrics["RecordsOfOthers"] == 3 && metrics["FilesRead"] == 1)
    }

    @Test func aStopThatCannotBeNotedFailsItsFile() {
        table.stopFailure = unavailable
        #expect(throws: HandlerError.self) { try read(stop("a")) }
        #expect(metrics["FilesFailed"] == 1)
    }

    @Test func anAnnouncedStopThatCannotBeNotedIsLeftToItsFile() throws {
        let detail = try JSONValue(parsing: Array(stop("a").utf8))
        let event: JSONValue = [
            "detail-type": "AWS API Call via CloudTrail", "source": "aws.athena", "detail": detail,
        ]
        let handler = CloudTrailHandler(s3: bucket, table: table)
        table.stopFailure = unavailable
        _ = try handler.handle(event, context(metrics))
        #expect(table.stoppers.isEmpty)
        table.stopFailure = nil
        _ = try handler.handle(event, context(metrics))
        #expect(table.stoppers == ["a": "grace"])
    }

    @Test func theEndOfACancelledQueryNamesWhoStoppedIt() throws {
        table.stoppers = ["a": "grace"]
        try end("a", "CANCELLED")
        #expect(queue.messages.first?.contains(#""stopped_by":"grace""#) == true)
        #expect(table.closings["a"]?.attributes(keeping: .full)["stopped_by"] == "grace")
    }

    @Test(
        arguments: [
            ("SUCCEEDED", [:]), ("FAILED", [:]), ("CANCELLED", ["running_stopped": "1 min"]),
        ] as [(String, Item)]
    )
    func nothingIsLookedUpForAnyOtherEnd(_ state: String, _ attributes: Item) throws {
        table.stoppers = ["a": "grace"]
        try end("a", state, attributes)
        #expect(table.stopLookUps.isEmpty && queue.messages.first?.contains("stopped_by") == false)
    }

    @Test func aFailedLookUpCostsTheNameAndNotTheAlert() throws {
        table.stopFailure = unavailable
        try end("a", "CANCELLED")
        #expect(table.stopLookUps == [["a"]] && table.closings.count == 1)
        #expect(queue.messages.first?.contains("stopped_by") == false)
    }

    @Test(arguments: [
        ("person", "544894e8", "ada@example.com"), ("person", "grace-1", "grace@example.com"),
        ("role", "metabase", "metabase"),
    ])
    func namesAreThoseOfTheSettings(_ kind: String, _ stopper: String, _ name: String) throws {
        var people = People()
        people.aliases = ["metabase:1000": "ada@example.com", "grace-1": "grace@example.com"]
        table.stoppers = ["a": stopper]
        athena.sql = "-- Metabase:: userID: 1000 queryType: MBQL\nSELECT 1"
        let row: Item = ["executing_user": kind == "role" ? "metabase" : "544894e8", "user_type": .string(kind)]
        try end("a", "CANCELLED", row, people: people)
        let attributes = table.closings["a"]?.attributes(keeping: .full)
        #expect(attributes?["executing_user"] == "ada@example.com" && attributes?["stopped_by"] == .string(name))
    }
}
