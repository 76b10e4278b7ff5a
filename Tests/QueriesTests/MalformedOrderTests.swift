import JSON
import JSONFixture
import LambdaRuntime
import System
import Testing

@testable import AWS
@testable import Queries

/// Malformed events of `run_query`: each fails with the mistake, and starts no query.
@Suite struct MalformedOrderTests {
    private let athena = FakeAthena(.init(rows: []))

    private func run(_ event: JSONValue) throws -> JSONValue {
        let settings = try RunQuerySettings(["QUERY_STRING": "SELECT n FROM t"])
        return try RunQuery(settings: settings, athena: athena, results: FakeResults()).handle(event, .test())
    }

    private func expect(_ words: String, of event: JSONValue) {
        let error = #expect(throws: HandlerError.self) { try run(event) }
        let message = error?.description ?? ""
        #expect(message.contains(words) && message.utf8.count < 3000, "\(message)")
        #expect(athena.calls.isEmpty)
    }

    private static func detail(_ detail: JSONValue) -> JSONValue {
        ["detail-type": "x", "source": "shop", "detail": detail]
    }

    @Test(arguments: [.null, 7, "x", [], true, detail(.null), detail(7), detail("x"), detail([]), detail(true)])
    func anEventIsAnObject(_ event: JSONValue) { expect("expected an object, found", of: event) }

    @Test(
        arguments: ["database", "catalog", "workgroup", "outputLocation", "bucket", "rowsName", "token"]
            + ["query", "queryExecutionId", "answer"],
        ["", 7, [], [:]] as [JSONValue]
    )
    func aTextIsNotEmpty(_ name: String, _ value: JSONValue) {
        expect("\(name): expected a text that is not empty", of: [name: value])
    }

    @Test(arguments: ["wait", "typed", "deleteResult"], ["true", 1, [], [:]] as [JSONValue])
    func aFlagIsTrueOrFalse(_ name: String, _ value: JSONValue) {
        expect("\(name): expected true or false", of: [name: value])
    }

    @Test(arguments: ["x", 7, [:], [[]], [[:]]] as [JSONValue])
    func parametersAreAnArrayOfValues(_ value: JSONValue) { expect("parameters: expected", of: ["parameters": value]) }

    @Test(arguments: ["", 7, "yesterday", "2024-13-05T14:30:07Z"] as [JSONValue])
    func aTimeIsInUTC(_ value: JSONValue) { expect("time: expected", of: ["time": value]) }

    @Test(arguments: [false, 7, "never", []] as [JSONValue])
    func anAnswerToFailuresIsKnown(_ value: JSONValue) { expect("onFailure: expected", of: ["onFailure": value]) }

    @Test(arguments: ["results", "s3://", "s3:///x", "http://x/", "s3://a b/"])
    func aLocationIsInS3(_ location: String) {
        expect("outputLocation: expected s3://", of: ["outputLocation": .string(location)])
    }

    @Test(
        arguments: [
            (TestInput(["requestContext": [:]]), "it has 'requestContext'"),
            (TestInput(["Records": [[:]]]), "it has 'Records'"),
            (TestInput(.object([.init(JSONFixture.long, 1)])), "it may have answer"),
            (TestInput(["answer": .string(JSONFixture.long)]), "answer: expected one of"),
            (TestInput(["time": .string(JSONFixture.long)]), "time: expected"),
            (TestInput(["outputLocation": .string(JSONFixture.long)]), "outputLocation: expected s3://"),
            (TestInput(["query": .string("SELECT {{\(JSONFixture.long)}}")]), "query: "),
        ]
    )
    func aMistakeIsNamedInFewWords(_ event: TestInput, _ words: String) throws { expect(words, of: try event.json()) }

    @Test(
        arguments: ["{}"]
            + ([.null, 7, [], "aws.", "aws.athena2"] as [JSONValue]).map {
                TestInput(["source": $0, "detail-type": "x", "detail": [:]])
            }
            + ([7, [], [:], ""] as [JSONValue]).map {
                TestInput(["source": "aws.s3", "detail-type": $0, "detail": .null])
            }
            + Submission.rest("requestContext", [[:], "x", 7, [], ["requestId": []]])
    )
    func anEventThatChangesNothingRunsTheConfiguredQuery(_ input: TestInput) throws {
        let event = try input.json()
        let body = try JSONValue(parsing: #require(run(event)["body"]?.string).utf8)
        #expect(body["rows"] == [] && athena.requests.map(\.sql) == ["SELECT n FROM t"])
    }
}
