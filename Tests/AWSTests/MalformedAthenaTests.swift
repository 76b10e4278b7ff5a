import AWSFixture
import HTTP
import JSON
import JSONFixture
import LoopbackServer
import Testing

@testable import AWS

/// Answers of Athena that are not what it promises: none is taken for an execution or a result.
@Suite struct MalformedAthenaTests {
    /// Asks Athena for something, and expects an error that names the operation and is short.
    private func expectUnreadable(
        _ operation: String,
        _ body: TestInput,
        _ ask: (Athena) throws -> Void
    ) throws {
        try LoopbackServer.run(.reply(200, body: body.text)) { (server) throws in
            let athena = Athena(try client(server))
            let error = #expect(throws: AWSError.self) { try ask(athena) }
            let message = error?.description ?? ""
            #expect(message.hasPrefix("athena:\(operation) answered what cannot be read: "), "\(message)")
            #expect(message.utf8.count < 500 && server.requests.count == 1, "\(message)")
        }
    }

    @Test(
        arguments: JSONFixture.withoutMembers
            + ([.null, 7, "", [], [:]] as [JSONValue]).map { TestInput(["QueryExecutionId": $0]) }
    )
    func aStartWithoutAnIDIsNone(_ body: TestInput) throws {
        let request = QueryRequest(sql: "SELECT 1", token: "t")
        try expectUnreadable("StartQueryExecution", body) { _ = try $0.start(request, before: soon) }
    }

    private static let execution: JSONValue = [
        "QueryExecution": [
            "QueryExecutionId": "q-1", "Status": ["State": "SUCCEEDED"],
            "ResultConfiguration": ["OutputLocation": "s3://b/q-1.csv"],
        ]
    ]

    /// The answer with other values of one member; nil removes it.
    private static func executions(_ member: String, _ values: [JSONValue?]) -> [TestInput] {
        values.map { TestInput(execution.replacing("QueryExecution", member, with: $0)) }
    }

    @Test(
        arguments: JSONFixture.withoutMembers
            + ([.null, 7, "x", [], [:]] as [JSONValue]).map { TestInput(["QueryExecution": $0]) }
            + executions("QueryExecutionId", [nil, .null, 7, "", "another", []])
            + executions("Status", [nil, .null, 7, "SUCCEEDED", [], [:]])
            + executions("Status", [["State": .null], ["State": 7], ["State": []]])
            + executions("Statistics", [7, "x", ["DataScannedInBytes": "5"], ["DataScannedInBytes": 1e30]])
            + failures
            + executions("ResultConfiguration", [7, "x", ["OutputLocation": 7], ["OutputLocation": []]])
    )
    func anExecutionThatIsNotWholeIsUnreadable(_ body: TestInput) throws {
        try expectUnreadable("GetQueryExecution", body) { _ = try $0.execution("q-1", before: soon) }
    }

    private static let failures = executions(
        "Status",
        [
            ["State": "FAILED", "StateChangeReason": 7], ["State": "FAILED", "AthenaError": 7],
            ["State": "FAILED", "AthenaError": ["ErrorCategory": "2"]],
            ["State": "FAILED", "CompletionDateTime": "now"],
        ]
    )

    private static let page: JSONValue = [
        "ResultSet": [
            "Rows": [["Data": [["VarCharValue": "n"]]]],
            "ResultSetMetadata": ["ColumnInfo": [["Name": "n", "Type": "integer"]]],
        ]
    ]

    private static func pages(_ member: String, _ values: [JSONValue?]) -> [TestInput] {
        values.map { TestInput(page.replacing("ResultSet", member, with: $0)) }
    }

    private static func columns(_ values: [JSONValue]) -> [TestInput] {
        pages("ResultSetMetadata", values.map { ["ColumnInfo": $0] })
    }

    @Test(
        arguments: JSONFixture.withoutMembers
            + ([.null, 7, "x", [], [:]] as [JSONValue]).map { TestInput(["ResultSet": $0]) }
            + pages("Rows", [nil, .null, 7, [:], "x", [7], [.null], [[]], [["Data": 7]], [["Data": [7]]]])
            + pages("Rows", [[["Data": [["VarCharValue": 7]]]]])
            + pages("ResultSetMetadata", [nil, .null, 7, [], [:]])
            + columns([7, [7], [[:]], [["Name": 7]], [["Name": "n", "Type": 7]], [["Name": "n", "Label": []]]])
            + ([7, [], [:]] as [JSONValue]).map { TestInput(page.replacing("NextToken", with: $0)) }
    )
    func aPageThatIsNotWholeIsUnreadable(_ body: TestInput) throws {
        try expectUnreadable("GetQueryResults", body) {
            _ = try $0.results(of: "q-1", from: nil, count: 10, before: soon)
        }
    }

    @Test func aResultWhoseTokenRepeatsIsUnreadable() throws {
        try expectUnreadable("GetQueryResults", TestInput(Self.page.replacing("NextToken", with: "t"))) {
            _ = try $0.results(of: "q-1", from: "t", count: 10, before: soon)
        }
    }

    @Test func theValidAnswersOfTheseTestsAreRead() throws {
        let answers = (Self.execution.serialized(), Self.page.serialized())
        try LoopbackServer.run(.reply(200, body: answers.0), .reply(200, body: answers.1)) { (server) throws in
            let athena = Athena(try client(server))
            #expect(try athena.execution("q-1", before: soon).outputLocation == "s3://b/q-1.csv")
            #expect(try athena.results(of: "q-1", from: nil, count: 10, before: soon).rows == [["n"]])
        }
    }
}
