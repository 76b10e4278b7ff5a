import HTTP
import JSON
import LambdaRuntime
import System
import Testing

@testable import AWS
@testable import Queries

@Suite struct RunQueryTests {
    private let results = FakeResults()

    private func run(
        _ athena: FakeAthena,
        _ event: JSONValue = [:],
        _ context: InvocationContext = .test()
    ) throws -> JSONValue {
        let settings = try RunQuerySettings(["QUERY_STRING": "SELECT n FROM t"])
        return try RunQuery(settings: settings, athena: athena, results: results).handle(event, context)
    }

    private func body(_ answer: JSONValue) throws -> JSONValue {
        try JSONValue(parsing: #require(answer["body"]?.string).utf8)
    }

    private static let retryable: JSONValue = ["ErrorCategory": 1, "ErrorType": 100, "Retryable": true]

    @Test func aQueryIsAnsweredWithItsRows() throws {
        let athena = FakeAthena()
        let context = InvocationContext.test()
        let answer = try body(run(athena, [:], context))
        #expect(answer["rows"] == [["n": 7]] && answer["location"] == "s3://results/daily/e1.csv")
        #expect(context.metrics["QueriesSucceeded"] == 1 && context.metrics["RowsReturned"] == 1)
    }

    @Test func aRetriedEventFindsItsExecution() throws {
        let athena = FakeAthena()
        for _ in 0..<2 { _ = try run(athena, ["token": "t"]) }
        #expect(athena.requests.count == 1)
        _ = try run(athena, ["token": "u"])
        #expect(athena.requests.count == 2)
    }

    @Test func aFailureOfAthenasOwnIsRunOnceMore() throws {
        let failed = FakeAthena.Plan(state: "FAILED", reason: "INTERNAL", failure: Self.retryable)
        let context = InvocationContext.test()
        let athena = FakeAthena(failed)
        #expect(try body(run(athena, [:], context))["rows"] == [["n": 7]])
        #expect(athena.requests.count == 2 && context.metrics["QueriesRunAgain"] == 1)
        #expect(Set(athena.requests.map(\.token)).count == 2)
        let broken = FakeAthena(failed, failed, .init())
        #expect(throws: QueryFailure(.athenaFailed("INTERNAL"), of: "e2", isRetryable: true)) { try run(broken) }
        #expect(broken.requests.count == 2)
    }

    @Test(arguments: [
        FakeAthena.Plan(state: "FAILED", reason: "HIVE_BAD_DATA", failure: ["ErrorCategory": 2, "Retryable": true]),
        FakeAthena.Plan(state: "FAILED", reason: "INTERNAL", failure: ["ErrorCategory": 1, "Retryable": false]),
        FakeAthena.Plan(state: "CANCELLED", reason: "by user"),
    ])
    func anotherFailureIsFinal(_ plan: FakeAthena.Plan) {
        let athena = FakeAthena(plan)
        #expect(throws: QueryFailure.self) { try run(athena) }
        #expect(athena.requests.count == 1)
    }

    @Test func aStartThatAthenaDoesNotAnswerIsNotRunAgain() {
        let athena = FakeAthena()
        athena.failures["start"] = .transport(call: "athena:StartQueryExecution", .tooLarge(limit: 1))
        #expect(throws: QueryFailure.self) { try run(athena) }
        #expect(athena.calls == ["start"])
    }

    @Test func aQueryThatStillRunsGoesOn() throws {
        let athena = FakeAthena(.init(state: "RUNNING"))
        let stillRunning = QueryFailure(.stillRunning(state: "RUNNING"), of: "e1", isRetryable: true)
        #expect(throws: stillRunning) { try run(athena, ["token": "t"]) }
        athena.end("e1")
        #expect(try body(run(athena, ["token": "t"]))["rows"] == [["n": 7]])
        #expect(athena.requests.count == 1 && athena.stopped.isEmpty)
    }

    @Test func withoutWaitingTheExecutionIsNamed() throws {
        let answer = try run(FakeAthena(.init(state: "RUNNING")), ["wait": false])
        #expect(answer["statusCode"] == 202)
        #expect(try body(answer)["queryExecutionId"] == "e1" && body(answer)["state"] == "RUNNING")
    }

    @Test func aResultIsDeletedOnlyOnceItsAnswerIsSure() throws {
        let answer = try body(run(FakeAthena(), ["deleteResult": true]))
        #expect(answer["location"] == .null && results.deleted == ["daily/e1.csv", "daily/e1.csv.metadata"])
        let long = String(repeating: "x", count: QueryRows.longestAnswer)
        #expect(throws: QueryFailure(.resultTooLong, of: "e1")) {
            try run(FakeAthena(.init(rows: [[long]])), ["deleteResult": true])
        }
        #expect(results.deleted.count == 2)
    }

    @Test(arguments: [("status", 400, #""QueryFailed""#), ("false", 200, #""location":false"#)])
    func aFailureIsAnsweredAsTheOrderSays(_ onFailure: String, _ status: Int64, _ text: String) throws {
        let athena = FakeAthena(.init(state: "FAILED", reason: "no"))
        let answer = try run(athena, ["onFailure": .string(onFailure)])
        #expect(answer["statusCode"] == .integer(status) && answer["body"]?.string?.contains(text) == true)
    }

    @Test func statementsRunOneAfterAnother() throws {
        let athena = FakeAthena()
        let answer = try body(run(athena, ["query": "SELECT 1; SELECT ?", "parameters": ["a"]]))
        #expect(answer["queryExecutionIds"] == ["e1", "e2"])
        #expect(athena.requests.map(\.sql) == ["SELECT 1", " SELECT ?"])
        #expect(athena.requests.map(\.parameters) == [[], ["'a'"]])
    }
}
