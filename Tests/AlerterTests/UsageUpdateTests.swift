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
        UsageUpdate(.init(athena: athena, sqs: queue, queueURL: "q", table: table, price: Price(perTB: 5)))
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

    @Test func everyPageIsRead() throws {
        table.open = try (0..<5).map { try row("q\($0)") }
        table.pageCount = 2
        try run()
        #expect(metrics["OpenQueries"] == 5 && metrics["QueriesUnclear"] == 5)
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
}
