import JSON
import JSONFixture
import LambdaRuntime
import Testing

@testable import AWS
@testable import Queries

/// Malformed requests to `query_api`: each is answered with the mistake, and starts no query.
@Suite struct MalformedRequestTests {
    private let athena = FakeAthena()

    private func expect(_ status: Int64, _ words: String, of event: JSONValue) throws {
        let context = InvocationContext.test()
        let handler = QueryAPI(athena: athena, settings: try .test())
        let answer = try handler.handle(event, context)
        let body = try JSONValue(parsing: #require(answer["body"]?.string).utf8)
        #expect(answer["statusCode"] == .integer(status) && context.metrics["Requests"] == 1, "\(body)")
        let text = status >= 400 ? body["message"]?.string ?? "" : body.serialized()
        #expect(text.contains(words) && text.utf8.count < 3000, "\(body)")
        #expect(athena.requests.count == (status == 200 ? 1 : 0))
    }

    @Test(
        arguments: ["null", "7", "[]", "{}", #"{"requestContext": null}"#, #"{"requestContext": {}}"#]
            + [#"{"Records": []}"#, #"{"httpMethod": "POST", "path": "/v0/data_hist/query"}"#]
            + Submission.http("requestContext", ["x", 7, [], ["http": "POST"], ["http": ["path": "/"]]])
    )
    func anotherEventIsNoRequest(_ input: TestInput) throws {
        let event = try input.json()
        let handler = QueryAPI(athena: athena, settings: try .test())
        #expect(throws: HandlerError.unknownEvent("it is no request over HTTP")) { try handler.handle(event, .test()) }
        #expect(athena.calls.isEmpty)
    }

    @Test(
        arguments: Submission.rest("path", [7, [], [:], "", "//", "/v0", "/v0/data_hist", "/v0/data_hist/%"])
            + Submission.rest("path", ["v0//data_hist%2Fquery"])
            + Submission.http("rawPath", [7, "", "/v0/data_hist/%00", "/V0/DATA_HIST/QUERY"])
            + Submission.http("rawPath", [.string(String(repeating: "/", count: 5000))])
    )
    func anUnknownPathDoesNotExist(_ event: TestInput) throws {
        try expect(404, "no such path", of: event.json())
    }

    @Test(arguments: Submission.rest("httpMethod", [7, [], "", "OPTIONS", "HEAD", "POST ", "\0"]))
    func anotherMethodIsNotAllowed(_ event: TestInput) throws {
        try expect(405, "use POST", of: event.json())
    }

    private static let headers: [JSONValue] =
        [.null, 7, "x", [], [:]]
        + [.null, 7, ["acme"]].map { (tenant: JSONValue) in [Submission.tenantHeader: tenant] }

    @Test(arguments: headers.flatMap { Submission.rest("headers", [$0]) + Submission.http("headers", [$0]) })
    func aRequestWithoutATenantIsRefused(_ event: TestInput) throws {
        try expect(400, Submission.tenantHeader, of: event.json())
    }

    @Test(
        arguments: Submission.rest("body", [.null, 7, [], [:], "", "{", .string(JSONFixture.deep)])
            + Submission.encoded([.string(Submission.body), "%%%%", "e3", "", .null, "/////w=="])
    )
    func aBodyThatIsNotJSONIsRefused(_ event: TestInput) throws {
        try expect(400, "not valid JSON", of: event.json())
    }

    @Test(
        arguments: [
            (TestInput(["query": .string(JSONFixture.long)]), "262144 bytes"),
            (#"{"query": {"query": "SELECT 1"}}"#, "query: expected a text, found an object"),
            (#"{"query": "SELECT 1", "retention_minutes": 1e400}"#, "retention_minutes: expected a whole number"),
            (
                #"{"query": "SELECT 1", "retention_minutes": 9223372036854775807}"#,
                "retention_minutes: expected a whole number"
            ),
        ] as [(TestInput, String)]
    )
    func aMemberOfTheBodyThatIsWrongIsNamed(_ body: TestInput, _ words: String) throws {
        try expect(400, words, of: Submission.rest.replacing("body", with: .string(body.text)))
    }

    @Test(arguments: Submission.encoded(["W10="])) func anEncodedBodyIsAnObject(_ event: TestInput) throws {
        try expect(400, "an array", of: event.json())
    }

    @Test(
        arguments: [
            ("query", [:], "query: expected the text of an SQL statement, found none"),
            ("query", ["query": " \n"], "query: expected the text of an SQL statement, found none"),
            ("next", [:], "query_id: expected a text, found none"),
            ("next", ["query_id": 7], "query_id: expected a text, found 7"),
        ] as [(String, JSONValue, String)]
    )
    func aMemberThatIsMissingIsNamed(_ path: String, _ body: JSONValue, _ words: String) throws {
        let event = Submission.rest.replacing("body", with: .string(body.serialized()))
        try expect(400, words, of: event.replacing("path", with: .string("/v0/data_hist/\(path)")))
    }

    @Test(
        arguments: Submission.rest("isBase64Encoded", [.null, 7, "true", []])
            + Submission.rest("queryStringParameters", [7, "x", [], ["compat": .null], ["compat": ["v0code"]]])
            + Submission.rest("queryStringParameters", [["x": [:]]])
            + Submission.http("rawQueryString", [7, "&&==&", "%", "compat", "compat=%zz"])
            + Submission.http("rawQueryString", [.string(String(repeating: "=", count: 5000))])
            + Submission.rest("requestContext", ["x", 7, [], ["requestId": 7], ["identity": 7, "authorizer": "x"]])
            + Submission.rest("requestContext", [["identity": ["apiKeyId": 7]]])
            + Submission.rest("requestContext", [["http": .null, "requestId": .string(JSONFixture.long)]])
    )
    func anOptionalMemberMayHaveAnyValue(_ event: TestInput) throws {
        try expect(200, "query_id", of: event.json())
    }

    @Test(
        arguments: [
            ["jwt": ["claims": ["sub": []]]], ["principalId": 7], ["lambda": .null],
            ["claims": ["iss": "https://issuer.example"]],
        ] as [JSONValue]
    )
    func anAuthorizedCallerWithoutANameIsForbidden(_ authorizer: JSONValue) throws {
        let event = Submission.rest.replacing("requestContext", with: ["authorizer": authorizer])
        try expect(403, "principalId", of: event)
    }
}
