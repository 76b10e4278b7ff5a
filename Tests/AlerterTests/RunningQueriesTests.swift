import Alerting
import HTTP
import JSON
import LambdaRuntime
import Settings
import Testing
import Time

@testable import AWS
@testable import Alerter

/// Queries that still run: warnings, and stops at a bound.
@Suite struct RunningQueriesTests {
    private let table = FakeTable()
    private let athena = FakeAthena()
    private let queue = FakeQueue()
    private let metrics = Metrics()

    private func open(_ ids: String...) throws {
        table.open = try ids.map { id in
            let key = QueryKey(startTime: .now - .seconds(60), executionID: id)
            return try #require(
                OpenQuery([
                    "start_date": .string(key.startDate), "start_key": .string(key.startKey), "region": "eu-west-1",
                ])
            )
        }
    }

    private func running(_ id: String, milliseconds: Int64) -> JSONValue {
        let submitted = Double(Timestamp.now.millisecondsSince1970 - milliseconds) / 1000
        return [
            "QueryExecutionId": .string(id), "Query": "select 1",
            "Status": ["State": "RUNNING", "SubmissionDateTime": .number(submitted)],
        ]
    }

    private func warner(_ settings: String) throws -> UsageUpdate {
        let running = try Running(Section(file: settings.utf8))
        return UsageUpdate(
            .init(athena: athena, sqs: queue, queueURL: "q", table: table, price: Price(perTB: 5), running: running)
        )
    }

    @Test func aQueryThatRunsForLongIsWarnedOfOnce() throws {
        try open("a", "b")
        athena.documents = ["a": running("a", milliseconds: 120_000), "b": running("b", milliseconds: 1000)]
        _ = try warner(#"{"warn":"1 min"}"#).handle(.null, context(metrics))
        #expect(queue.messages.count == 1 && queue.messages[0].contains(#""warning":["user"]"#))
        #expect(table.warned == ["a": [.user]] && table.closings.isEmpty)
        #expect(metrics["RunningWarningsSent"] == 1 && metrics["QueriesRunning"] == 2 && metrics["MessagesSent"] == 0)
        table.open = try table.open.map { row in
            let warned = table.warned[row.key.executionID]?.map(\.rawValue).joined(separator: " ")
            let key: Item = ["start_date": .string(row.key.startDate), "start_key": .string(row.key.startKey)]
            return try #require(OpenQuery(warned.map { key.merging(["running_warned": .string($0)]) { $1 } } ?? key))
        }
        _ = try warner(#"{"warn":"1 min","warn_channel":"90 s"}"#).handle(.null, context(metrics))
        #expect(queue.messages.count == 2 && queue.messages[1].contains(#""warning":["channel"]"#))
        #expect(table.warned == ["a": [.channel, .user]])
    }

    @Test func aWarningThatWasNotSentIsNotNoted() throws {
        try open("a")
        athena.documents = ["a": running("a", milliseconds: 120_000)]
        queue.failure = unavailable
        let update = try warner(#"{"warn":"1 min"}"#)
        #expect(throws: HandlerError.self) { try update.handle(.null, context(metrics)) }
        #expect(table.warned.isEmpty && metrics["QueriesFailed"] == 0)
    }

    @Test(arguments: [#"{}"#, #"{"warn":"1 min","match":{"user":"grace"}}"#])
    func nobodyIsWarnedUnlessTheSettingsSaySo(_ settings: String) throws {
        try open("a")
        athena.documents = ["a": running("a", milliseconds: 120_000)]
        _ = try warner(settings).handle(.null, context(metrics))
        #expect(queue.messages.isEmpty && table.warned.isEmpty)
    }

    private func stopper(_ settings: String, isAllowed: Bool = true) throws -> UsageUpdate {
        let running = try Running(Section(file: settings.utf8))
        var services = UsageUpdateInvocation.Services(
            athena: athena,
            sqs: queue,
            queueURL: "q",
            table: table,
            price: Price(perTB: 5)
        )
        services.running = running
        services.stopper = isAllowed ? athena : nil
        return UsageUpdate(services)
    }

    @Test func aQueryAtTheBoundIsNotedAndThenStopped() throws {
        try open("a", "b")
        athena.documents = ["a": running("a", milliseconds: 120_000), "b": running("b", milliseconds: 1000)]
        _ = try stopper(#"{"stop":"1 min"}"#).handle(.null, context(metrics))
        #expect(athena.stopped == ["a in eu-west-1"] && table.stopped == ["a": "1 min"])
        #expect(metrics["QueriesStopped"] == 1 && metrics["QueriesRunning"] == 2 && queue.messages.isEmpty)
    }

    @Test func aQueryThatCannotBeStoppedIsNoFailure() throws {
        try open("a")
        athena.documents = ["a": running("a", milliseconds: 120_000)]
        athena.stopFailure = unavailable
        _ = try stopper(#"{"stop":"1 min"}"#).handle(.null, context(metrics))
        #expect(metrics["QueriesNotStopped"] == 1 && table.stopped == ["a": "1 min"])
    }

    @Test func aQueryThatTheRoleMayNotStopIsNotNoted() throws {
        try open("a")
        athena.documents = ["a": running("a", milliseconds: 120_000)]
        let denial = #"{"__type":"AccessDeniedException"}"#
        let response = HTTPResponse(status: 400, body: Array(denial.utf8))
        athena.stopFailure = .refused(ServiceError(call: "athena:StopQueryExecution", response: response))
        _ = try stopper(#"{"stop":"1 min"}"#).handle(.null, context(metrics))
        #expect(metrics["QueriesNotStopped"] == 1 && table.stopped.isEmpty)
    }

    @Test(arguments: [(#"{"stop":"1 min"}"#, true), (#"{"warn":"1 h"}"#, false)])
    func theEndOfAQueryThatWasStoppedMeanwhileSaysSo(_ settings: String, _ isSaid: Bool) throws {
        try open("a")
        table.stopped = ["a": "1 min"]
        athena.executions = ["a": "CANCELLED"]
        _ = try stopper(settings).handle(.null, context(metrics))
        #expect(queue.messages.first?.contains(#""stopped_at":"1 min""#) == isSaid)
        #expect(table.stopLookUps.isEmpty == isSaid)
    }

    @Test(arguments: [
        (#"{"stop":"1 min"}"#, false), (#"{"warn":"1 h"}"#, true),
        (#"{"stop":"1 min","match":{"user":"grace"}}"#, true),
    ])
    func nothingIsStoppedUnlessSettingsAndEnvironmentSaySo(_ settings: String, _ isAllowed: Bool) throws {
        try open("a")
        athena.documents = ["a": running("a", milliseconds: 120_000)]
        _ = try stopper(settings, isAllowed: isAllowed).handle(.null, context(metrics))
        #expect(athena.stopped.isEmpty && table.stopped.isEmpty)
    }

    @Test(arguments: [("CANCELLED", true), ("SUCCEEDED", false)])
    func theEndOfAStoppedQuerySaysSoUnlessItEndedByItself(_ state: String, _ isSaid: Bool) throws {
        let key = QueryKey(startTime: .now - .seconds(60), executionID: "a")
        let item: Item = [
            "start_date": .string(key.startDate), "start_key": .string(key.startKey), "running_stopped": "1 min",
        ]
        table.open = [try #require(OpenQuery(item))]
        athena.executions = ["a": state]
        _ = try stopper("{}").handle(.null, context(metrics))
        #expect(queue.messages.first?.contains(#""stopped_at":"1 min""#) == isSaid)
    }
}
