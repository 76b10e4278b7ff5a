import JSON
import JSONFixture
import LambdaRuntime
import System
import Testing
import Time

@testable import AWS
@testable import Queries

/// Descriptions of executions that can be read but make no sense, as both handlers understand them.
@Suite struct MalformedExecutionTests {
    private let athena = FakeAthena()

    /// The handlers' reading of an execution of the tenant's own; `LOCATION` in it stands for the result's.
    private func expect(
        _ status: Int64,
        _ words: String,
        of execution: JSONValue,
        runQuerySucceeds: Bool = false
    ) throws {
        let service = QueryAPI(athena: athena, settings: try .test())
        let id = try #require(body(service.handle(Submission.rest, .test()))["query_id"]?.string)
        let folder = try #require(athena.requests.first?.outputLocation)
        let text = execution.replacing("QueryExecutionId", with: .string(id)).serialized()
        let description = try JSONValue(parsing: text.replacing("LOCATION", with: "\(folder)\(id).csv").utf8)
        athena.describe(id, as: description)
        let request = Submission.rest.replacing("httpMethod", with: "GET")
            .replacing("path", with: .string("/v0/data_hist/status/\(id)"))
        let answer = try service.handle(request, .test())
        #expect(answer["statusCode"] == .integer(status))
        #expect(try body(answer).serialized().contains(words), "\(answer)")
        #expect(try runSucceeds(["queryExecutionId": .string(id), "answer": "message"]) == runQuerySucceeds)
    }

    private func body(_ answer: JSONValue) throws -> JSONValue {
        try JSONValue(parsing: #require(answer["body"]?.string).utf8)
    }

    private func runSucceeds(_ event: JSONValue) throws -> Bool {
        let handler = RunQuery(settings: try RunQuerySettings([:]), athena: athena, results: FakeResults())
        do {
            _ = try handler.handle(event, .test())
            return true
        } catch {
            #expect(error is QueryFailure)
            return false
        }
    }

    private static let succeeded: JSONValue = [
        "Status": ["State": "SUCCEEDED"], "ResultConfiguration": ["OutputLocation": "LOCATION"],
    ]

    @Test(arguments: ["NEW_STATE", "", "\0", "succeeded"]) func anUnknownStateIsAthenasFault(_ state: String) throws {
        try expect(502, "no known state", of: Self.succeeded.replacing("Status", "State", with: .string(state)))
    }

    private func succeededAt(_ time: JSONValue) -> JSONValue {
        Self.succeeded.replacing("Status", "CompletionDateTime", with: time)
    }

    @Test(arguments: [.null, -1, -1e15, 1e10, 1e15, 1e100] as [JSONValue])
    func aTimeOfTheEndThatCannotBeHasNotPassed(_ time: JSONValue) throws {
        try expect(200, "FINISHED", of: succeededAt(time), runQuerySucceeds: true)
    }

    @Test(arguments: [0, 1] as [JSONValue]) func aResultOfLongAgoHasExpired(_ time: JSONValue) throws {
        try expect(410, "expired", of: succeededAt(time), runQuerySucceeds: true)
    }

    @Test(
        arguments: [
            .null, [:], ["DataScannedInBytes": .integer(.max)], ["DataScannedInBytes": -5],
            ["TotalExecutionTimeInMillis": .integer(.min)],
        ] as [JSONValue]
    )
    func statisticsMayBeMissingOrExtreme(_ statistics: JSONValue) throws {
        let execution = Self.succeeded.replacing("Statistics", with: statistics)
        try expect(200, "FINISHED", of: execution, runQuerySucceeds: true)
    }

    @Test(arguments: [[:], ["AthenaError": [:]], ["StateChangeReason": .null]] as [JSONValue])
    func aFailureWithoutAReasonIsTheQuerys(_ status: JSONValue) throws {
        let status = status.replacing("State", with: "FAILED")
        try expect(400, "no reason", of: Self.succeeded.replacing("Status", with: status))
    }

    @Test(arguments: [1, 0, -1, .integer(.max)] as [JSONValue])
    func aFailureOfAnotherCategoryIsAthenas(_ category: JSONValue) throws {
        let status: JSONValue = ["State": "FAILED", "AthenaError": ["ErrorCategory": category]]
        try expect(502, "no reason", of: Self.succeeded.replacing("Status", with: status))
    }

    @Test(
        arguments: [nil, .null, [:]]
            + ["", "s3://", "s3://results", "LOCATION/../../x", "s3:/LOCATION", "\0"].map {
                ["OutputLocation": .string($0)]
            } as [JSONValue?]
    )
    func aResultElsewhereIsAnotherTenants(_ configuration: JSONValue?) throws {
        let execution = Self.succeeded.replacing("ResultConfiguration", with: configuration)
        try expect(404, "no such query", of: execution, runQuerySucceeds: true)
    }

    @Test func aByteCountOverTheLargestIntegerIsCapped() throws {
        let athena = FakeAthena(.init(bytes: .max), .init(bytes: .max))
        let context = InvocationContext.test()
        let settings = try RunQuerySettings(["QUERY_STRING": "SELECT 1; SELECT 2"])
        _ = try RunQuery(settings: settings, athena: athena, results: FakeResults()).handle([:], context)
        #expect(context.metrics["BytesScanned"] == .max && athena.requests.count == 2)
    }
}
