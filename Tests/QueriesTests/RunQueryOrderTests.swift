import JSON
import LambdaRuntime
import System
import Testing

@testable import AWS
@testable import Queries

@Suite struct RunQueryOrderTests {
    private func order(
        _ event: JSONValue,
        _ environment: Environment = ["QUERY_STRING": "SELECT 1"]
    ) throws -> RunQueryOrder {
        try RunQueryOrder(event, settings: RunQuerySettings(environment), requestID: "r-1")
    }

    private static let everything: Environment = [
        "QUERY_STRING": "SELECT 1", "DATABASE": "d", "ATHENA_CATALOG": "c", "ATHENA_WORKGROUP": "w",
        "OUTPUT_S3_BUCKET": "s3://b/p/", "WAIT": "false", "TYPED": "false", "DELETE_RESULT": "true",
        "ANSWER": "message", "ON_FAILURE": "false", "ROWS_NAME": "ratings",
    ]

    @Test func theEnvironmentIsRead() throws {
        let settings = try RunQuerySettings(Self.everything)
        #expect(settings.script == "SELECT 1" && settings.database == "d" && settings.catalog == "c")
        #expect(settings.workgroup == "w" && settings.outputLocation == "s3://b/p/" && settings.rowsName == "ratings")
        #expect(!settings.waits && !settings.isTyped && settings.deletesResult)
        #expect(settings.answer == .message && settings.onFailure == .compatible)
    }

    @Test func anEmptyEnvironmentHasTheDocumentedDefaults() throws {
        let settings = try RunQuerySettings([:])
        #expect(settings.waits && settings.isTyped && !settings.deletesResult && settings.rowsName == "rows")
        #expect(settings.answer == .rows && settings.onFailure == nil && settings.script == nil)
    }

    @Test(arguments: [
        ("WAIT", "yes", "WAIT: expected true or false, found 'yes'"),
        ("TYPED", "1", "TYPED: expected true or false, found '1'"),
        ("DELETE_RESULT", "TRUE", "DELETE_RESULT: expected true or false, found 'TRUE'"),
        ("ANSWER", "csv", "ANSWER: expected one of 'rows', 'message', found 'csv'"),
        ("ON_FAILURE", "never", "ON_FAILURE: expected one of 'error', 'status', 'false', found 'never'"),
        ("OUTPUT_S3_BUCKET", "b", "OUTPUT_S3_BUCKET: expected s3://bucket/path/, found 'b'"),
        ("QUERY_STRING", ";", "QUERY_STRING: there is no statement in it"),
        ("QUERY_STRING", "SELECT {{dtae}}", "QUERY_STRING: there is no '{{dtae}}'"),
    ])
    func aBadVariableStopsTheStart(_ name: String, _ value: String, _ problem: String) {
        #expect {
            _ = try RunQuerySettings(Environment([name: value]))
        } throws: { error in
            "\(error)".hasPrefix(problem)
        }
    }

    @Test func anEventChangesACopy() throws {
        let event: JSONValue = [
            "query": "SELECT 2", "database": "e", "wait": true, "answer": "rows", "typed": true, "bucket": "x",
            "onFailure": "status", "rowsName": "r", "deleteResult": .null,
        ]
        let order = try order(event, Self.everything)
        #expect(order.statements == ["SELECT 2"] && order.settings.database == "e" && order.settings.catalog == "c")
        #expect(order.settings.waits && order.settings.answer == .rows && order.settings.isTyped)
        #expect(order.settings.outputLocation == "s3://x/" && order.onFailure == .status)
        #expect(order.settings.rowsName == "r" && order.settings.deletesResult)
    }

    @Test(
        arguments: [
            (.object([]), RunQuerySettings.FailureAnswer.error),
            (["httpMethod": "GET", "path": "/", "requestContext": ["requestId": "q"]], .status),
        ] as [(JSONValue, RunQuerySettings.FailureAnswer)]
    )
    func aFailureIsAnErrorButOverHTTPAStatus(_ event: JSONValue, _ expected: RunQuerySettings.FailureAnswer) throws {
        #expect(try order(event).onFailure == expected)
    }

    @Test(
        arguments: [
            (["detail-type": "Scheduled Event", "source": "aws.events", "detail": ["query": "SELECT 2"]], "SELECT 1"),
            (["detail-type": "Nightly", "source": "shop", "detail": ["query": "SELECT 2"]], "SELECT 2"),
            (["httpMethod": "GET", "path": "/", "requestContext": .object([]), "query": "SELECT 2"], "SELECT 1"),
            (["query": "SELECT 2"], "SELECT 2"),
        ] as [(JSONValue, String)]
    )
    func onlyTheCallersOwnEventsChangeTheQuery(_ event: JSONValue, _ sql: String) throws {
        #expect(try order(event).statements == [sql])
    }

    @Test func theTokenIsTheSameForEachDeliveryOfAnEvent() throws {
        let event: JSONValue = ["detail-type": "x", "source": "aws.events", "id": "event-1"]
        let settings = try RunQuerySettings(["QUERY_STRING": "SELECT 1"])
        let tokens = try ["r-1", "r-2"].map {
            try RunQueryOrder(event, settings: settings, requestID: $0).request(0, attempt: 1).token
        }
        #expect(tokens[0] == tokens[1])
        let order = try order(event)
        #expect(order.request(0, attempt: 2).token != tokens[0])
    }

    @Test(
        arguments: [
            (["databse": "x"], "it has 'databse'; it may have answer"),
            (["wait": "no"], #"wait: expected true or false, found "no""#),
            (["query": 7], "query: expected a text that is not empty, found 7"),
            (["query": ""], "query: expected a text that is not empty, found an empty text"),
            (["query": ";"], "query: there is no statement"),
            (["answer": "csv"], #"answer: expected one of 'rows', 'message', found "csv""#),
            (["outputLocation": "b"], #"outputLocation: expected s3://bucket/path/, found "b""#),
            (["parameters": [[1]]], "parameters: expected texts, numbers, true, false or null, found an array"),
            (["parameters": .array([.number(.infinity)])], "parameters: numbers must be finite, found inf"),
            (["time": "now"], #"time: expected a time such as 2024-03-05T14:30:00Z, found "now""#),
            (["query": "SELECT 1; SELECT 2", "wait": false], "several statements need wait"),
            (["deleteResult": true, "answer": "message"], "deleteResult needs wait and the answer 'rows'"),
            (["source": "aws.athena"], "its source is aws.athena"),
            (["detail-type": "x", "detail": 7], "expected an object, found 7"),
        ] as [(JSONValue, String)]
    )
    func aBadEventIsNamedWithTheValueThatWasFound(_ event: JSONValue, _ problem: String) {
        #expect {
            _ = try order(event)
        } throws: { error in
            error is HandlerError && "\(error)".contains(problem)
        }
    }

    @Test func parametersAreLiterals() throws {
        let event: JSONValue = ["parameters": ["it's", 7, true, .null, 0.5]]
        #expect(try order(event).request(0, attempt: 1).parameters == ["'it''s'", "7", "TRUE", "NULL", "0.5"])
    }
}
