import AWS
import Alerting
import JSON
import JSONFixture
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// An execution that cannot be read stays open; one that has ended alerts, whatever else it says. Each is between two
/// others.
@Suite struct MalformedExecutionTests {
    private let table = FakeTable()
    private let athena = FakeAthena()
    private let queue = FakeQueue()
    private let metrics = Metrics()

    private static func execution(_ name: String, _ value: JSONValue) -> JSONValue {
        let ended: JSONValue = ["QueryExecutionId": "bad", "Status": ["State": "SUCCEEDED"]]
        return ended.replacing(name, with: value)
    }

    private static func submitted(_ time: JSONValue) -> JSONValue {
        execution("Status", ["State": "SUCCEEDED", "SubmissionDateTime": time])
    }

    /// The change that closes the row of an execution; nil when it stays open.
    private func closing(_ execution: JSONValue) throws -> RowClosing? {
        table.open = try ["before", "bad", "after"].map { id in
            let key = QueryKey(startTime: .now - .seconds(120), executionID: id)
            return try #require(OpenQuery(["start_date": .string(key.startDate), "start_key": .string(key.startKey)]))
        }
        athena.executions = ["before": "SUCCEEDED", "after": "SUCCEEDED"]
        athena.documents = ["bad": execution]
        let update = UsageUpdate(.init(athena: athena, sqs: queue, queueURL: "q", table: table, price: Price(perTB: 5)))
        _ = try update.handle(.null, context(metrics))
        #expect(table.closings["before"] != nil && table.closings["after"] != nil)
        return table.closings["bad"]
    }

    private func expectOpen(_ execution: JSONValue) throws {
        #expect(try closing(execution) == nil)
        #expect(queue.messages.count == 2 && metrics["QueriesFinished"] == 2 && metrics["QueriesUnclear"] == 1)
    }

    private func expectFinished(_ execution: JSONValue) throws -> FinishedQuery {
        guard case .finished(let query) = try closing(execution) else {
            throw Unfinished(execution: execution)
        }
        #expect(queue.messages.count == 3 && metrics["QueriesFinished"] == 3)
        let messages = try queue.messages.map { try FinishedQuery(parsing: $0.utf8) }
        #expect(messages.contains { $0.key == query.key && $0.state == query.state })
        return query
    }

    private struct Unfinished: Error {
        let execution: JSONValue
    }

    @Test(
        arguments: [
            .null, 7, "x", [], [:], true,
            execution("QueryExecutionId", .null), execution("QueryExecutionId", 7), execution("QueryExecutionId", ""),
            execution("QueryExecutionId", "another"), execution("QueryExecutionId", []),
            execution("Status", .null), execution("Status", 7), execution("Status", "SUCCEEDED"),
            execution("Status", []), execution("Status", [:]), execution("Status", ["State": .null]),
            execution("Status", ["State": 7]), execution("Query", 7), execution("Query", []), execution("Query", [:]),
            submitted("yesterday"), submitted([]), submitted(true),
        ] as [JSONValue]
    )
    func anExecutionThatCannotBeReadStaysOpen(_ execution: JSONValue) throws {
        try expectOpen(execution)
    }

    @Test(arguments: ["5", [], 1e30, 0.5, true] as [JSONValue])
    func anExecutionWithoutAWholeSizeStaysOpen(_ size: JSONValue) throws {
        try expectOpen(Self.execution("Statistics", ["DataScannedInBytes": size]))
    }

    @Test(arguments: ["SUCCEEDED", "NEW_STATE", "", "\0", "succeeded"])
    func anyStateOfAthenaIsAnEnd(_ state: String) throws {
        let query = try expectFinished(Self.execution("Status", ["State": .string(state)]))
        #expect(query.state.rawValue == state)
    }

    @Test(
        arguments: [
            (0, "1970-01-01 00:00:00"), (-1, nil), (1e10, "2286-11-20 17:46:40"), (1e15, nil), (1e18, nil),
            (1e100, nil),
            (1e308, nil), (-1e15, nil), (-1e308, nil), (.null, nil),
        ] as [(JSONValue, String?)]
    )
    func aTimeBeyondTheCalendarIsNone(_ time: JSONValue, _ timestamp: String?) throws {
        #expect(try expectFinished(Self.submitted(time)).submissionTimestamp == timestamp)
    }

    @Test(
        arguments: [
            (.null, 0), ([:], 0), (["DataScannedInBytes": -5], 0), (["DataScannedInBytes": .integer(.max)], .max),
            (["TotalExecutionTimeInMillis": .integer(.min)], 0), (["DpuCount": 1e308], 0),
            (["ResultReuseInformation": [:]], 0),
        ] as [(JSONValue, Int64)]
    )
    func statisticsAreOptional(_ statistics: JSONValue, _ bytes: Int64) throws {
        #expect(try expectFinished(Self.execution("Statistics", statistics)).dataScanned == bytes)
    }

    @Test func theSQLMayBeAnyText() throws {
        for sql in [nil, "", "\0", JSONFixture.long] {
            let execution = Self.execution("Query", sql.map { .string($0) } ?? .null)
            #expect(try Self().expectFinished(execution).sql == sql)
        }
    }
}
