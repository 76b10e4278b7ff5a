import AWS
import Alerting
import JSON
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// The story of `usage_update` over fakes.
@Suite struct UsageUpdateTests {
    private let table = FakeTable()
    private let athena = FakeAthena()
    private let queue = FakeQueue()
    private let metrics = Metrics()

    private func row(_ id: String, region: String = "eu-west-1", age: Duration = .seconds(60)) throws -> OpenQuery {
        let key = QueryKey(startTime: .now - age, executionID: id)
        return try #require(
            OpenQuery([
                "start_date": .string(key.startDate), "start_key": .string(key.startKey), "region": .string(region),
            ])
        )
    }

    private func open(_ ids: String...) throws {
        table.open = try ids.map { try row($0) }
    }

    private func handler() -> UsageUpdate {
        let services = UsageUpdateInvocation.Services(
            athena: athena,
            sqs: queue,
            queueURL: "q",
            table: table,
            price: Price(perTB: 5),
            events: (queue, "events")
        )
        return UsageUpdate(services)
    }

    private func run() throws { _ = try handler().handle(.null, context(metrics)) }

    @Test func anEndedQueryIsSentAndThenClosed() throws {
        try open("a", "b")
        athena.executions = ["a": "SUCCEEDED", "b": "RUNNING"]
        try run()
        #expect(queue.messages.count == 1 && queue.messages[0].contains(#""query_execution_id":"a""#))
        #expect(Array(table.closings.keys) == ["a"])
        #expect(metrics["QueriesFinished"] == 1 && metrics["QueriesRunning"] == 1 && metrics["MessagesSent"] == 1)
    }

    @Test func aRowWhoseMessageFailedStaysOpen() throws {
        try open("a")
        athena.executions = ["a": "FAILED"]
        queue.failure = unavailable
        #expect(throws: HandlerError.self) { try run() }
        #expect(table.closings.isEmpty && metrics["QueriesFailed"] == 1)
    }

    @Test func aRowThatIsClosedAlreadyIsCounted() throws {
        try open("a")
        athena.executions = ["a": "SUCCEEDED"]
        try run()
        try run()
        #expect(metrics["QueriesFinished"] == 1 && metrics["QueriesAlreadyClosed"] == 1)
    }

    @Test func aRefusedBatchIsAskedForInSmallerBatchesUntilTheCauseIsAlone() throws {
        let ids = (0..<20).map { "q\($0 + 10)" }
        table.open = try ids.map { try row($0) }
        athena.executions = Dictionary(uniqueKeysWithValues: ids.map { ($0, "SUCCEEDED") })
        athena.poison = ["q13"]
        try run()
        #expect(athena.batches.map(\.count) == [20, 7, 7, 6, 1, 1, 1, 1, 1, 1, 1])
        #expect(table.closings.count == 19 && table.closings["q13"] == nil)
        #expect(metrics["QueriesUnclear"] == 1)
    }

    @Test func aSilentRegionFailsTheInvocationAndNotTheOtherRegions() throws {
        table.open = [try row("a", region: "eu-west-1"), try row("b", region: "us-east-1")]
        athena.executions = ["a": "SUCCEEDED", "b": "SUCCEEDED"]
        athena.silentRegions = ["us-east-1"]
        #expect(throws: HandlerError.self) { try run() }
        #expect(Array(table.closings.keys) == ["a"] && metrics["QueriesFailed"] == 1)
    }

    @Test func aRepeatedStartIsClosedWithoutAMessage() throws {
        try open("a")
        table.earlier = "2026-01-01 00:00:00#a"
        athena.executions = ["a": "SUCCEEDED"]
        try run()
        #expect(queue.messages.isEmpty && table.closings["a"] == .repeated(of: "2026-01-01 00:00:00#a"))
        #expect(metrics["QueriesRepeated"] == 1)
    }

    @Test func aQueryThatAthenaHasForgottenIsClosedAsUnknown() throws {
        table.open = [try row("a", age: .days(46))]
        try run()
        #expect(table.closings["a"] == .unknown && metrics["QueriesUnknownToAthena"] == 1)
    }

    @Test func everyPageIsReadInEachInvocation() throws {
        table.open = try (0..<5).map { try row("q\($0)") }
        table.pageCount = 2
        let handler = handler()
        for count in [5, 10] {
            _ = try handler.handle(.null, context(metrics))
            #expect(metrics["OpenQueries"] == count && metrics["QueriesUnclear"] == count)
        }
    }

    @Test func theNextInvocationBeginsAtTheOldestAfterAPageThatCannotBeRead() throws {
        try open("a")
        athena.executions = ["a": "SUCCEEDED"]
        let handler = handler()
        table.failure = unavailable
        #expect(throws: HandlerError.self) { try handler.handle(.null, context(metrics)) }
        table.failure = nil
        _ = try handler.handle(.null, context(metrics))
        #expect(Array(table.closings.keys) == ["a"])
    }

    private func batch(_ ids: String..., count: Int = 1, account: String = "1") -> JSONValue {
        let records = ids.map { id -> JSONValue in
            let event: JSONValue = [
                "detail-type": "Athena Query State Change", "account": .string(account),
                "detail": ["currentState": "SUCCEEDED", "queryExecutionId": .string(id)],
            ]
            return [
                "messageId": .string("m-\(id)"), "receiptHandle": .string("h-\(id)"), "eventSource": "aws:sqs",
                "attributes": ["ApproximateReceiveCount": .string("\(count)")], "body": .string(event.serialized()),
            ]
        }
        return ["Records": .array(records)]
    }

    private func handle(_ event: JSONValue) throws -> JSONValue { try handler().handle(event, context(metrics)) }

    @Test func eventsSettleTheirQueriesAndAskForNoOther() throws {
        try open("a", "b", "c")
        athena.executions = ["a": "SUCCEEDED", "b": "SUCCEEDED", "c": "RUNNING"]
        #expect(try handle(batch("b")) == ["batchItemFailures": []])
        #expect(athena.batches == [["b"]] && Array(table.closings.keys) == ["b"] && queue.messages.count == 1)
        #expect(metrics["OpenQueries"] == 1 && metrics["EndingEvents"] == 1 && metrics["EndingEventsDone"] == 1)
        #expect(metrics["Ticks"] == 0)
    }

    @Test func anEventWithoutARowAndOneThatAthenaDoesNotKnowOfYetComeAgain() throws {
        try open("a", "b")
        athena.executions = ["a": "SUCCEEDED", "b": "RUNNING"]
        let answer = try handle(batch("a", "b", "c", count: 2))
        #expect(answer == ["batchItemFailures": [["itemIdentifier": "m-b"], ["itemIdentifier": "m-c"]]])
        #expect(queue.delays == ["h-b", "h-c"].map { .init(receiptHandle: $0, seconds: 10) })
        #expect(metrics["EndingEventsReturned"] == 2)
    }

    @Test(arguments: [(1, 5), (2, 10), (3, 20), (4, nil), (9, nil)] as [(Int, Int64?)])
    func anEventComesAgainThreeTimes(_ count: Int, _ seconds: Int64?) throws {
        let answer = try handle(batch("a", count: count))
        #expect(queue.delays.map(\.seconds) == [seconds].compactMap(\.self))
        #expect(answer["batchItemFailures"]?.array?.count == queue.delays.count)
        #expect(metrics["EndingEventsDropped"] == 1 - queue.delays.count)
    }

    @Test func aQueueThatRefusesTheDelayStillGetsItsMessagesBack() throws {
        queue.failure = unavailable
        #expect(try handle(batch("a"))["batchItemFailures"]?.array?.count == 1)
    }

    @Test func anEventOfAnotherAccountIsSkippedWithoutACall() throws {
        table.failure = unavailable
        #expect(try handle(batch("a", account: "2")) == ["batchItemFailures": []])
        #expect(metrics["EndingEventsSkipped"] == 1)
    }

    @Test func eventsFailWithTheTable() throws {
        table.failure = unavailable
        #expect(throws: HandlerError.self) { try handle(batch("a")) }
    }
}
