import JSON
import LambdaRuntime
import MalformedInput
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

    private static func rest(_ name: String, _ values: [JSONValue]) -> [JSONValue] {
        values.map { Submission.rest.replacing(name, with: $0) }
    }

    private static func http(_ name: String, _ values: [JSONValue]) -> [JSONValue] {
        values.map { Submission.http.replacing(name, with: $0) }
    }

    @Test(
        arguments: [.null, 7, [], [:], ["requestContext": .null], ["requestContext": [:]], ["Records": []]]
            + [["httpMethod": "POST", "path": "/v0/data_hist/query"]]
            + http("requestContext", ["x", 7, [], ["http": "POST"], ["http": ["path": "/"]]])
    )
    func anotherEventIsNoRequest(_ event: JSONValue) throws {
        let handler = QueryAPI(athena: athena, settings: try .test())
        #expect(throws: HandlerError.unknownEvent("it is no request over HTTP")) { try handler.handle(event, .test()) }
        #expect(athena.calls.isEmpty)
    }

    @Test(
        arguments: rest(
            "path",
            [7, [], [:], "", "//", "/v0", "/v0/data_hist", "/v0/data_hist/%", "v0//data_hist%2Fquery"]
        )
            + http("rawPath", [7, "", "/v0/data_hist/%00", "/V0/DATA_HIST/QUERY"])
            + http("rawPath", [.string(String(repeating: "/", count: 5000))])
    )
    func anUnknownPathDoesNotExist(_ event: JSONValue) throws {
        try expect(404, "no such path", of: event)
    }

    @Test(arguments: rest("httpMethod", [7, [], "", "OPTIONS", "HEAD", "POST ", "\0"]))
    func anotherMethodIsNotAllowed(_ event: JSONValue) throws {
        try expect(405, "use POST", of: event)
    }

    private static let headers: [JSONValue] =
        [.null, 7, "x", [], [:]]
        + [.null, 7, ["acme"]].map { (tenant: JSONValue) in [Submission.tenantHeader: tenant] }

    @Test(arguments: headers.flatMap { rest("headers", [$0]) + http("headers", [$0]) })
    func aRequestWithoutATenantIsRefused(_ event: JSONValue) throws {
        try expect(400, Submission.tenantHeader, of: event)
    }

    private static let encoded = Submission.http.replacing("isBase64Encoded", with: true)

    @Test(
        arguments: rest("body", [.null, 7, [], [:], "", "{", .string(MalformedInput.deep)])
            + [.string(Submission.body), "%%%%", "e3", "", .null, "/////w=="].map {
                encoded.replacing("body", with: $0)
            }
    )
    func aBodyThatIsNotJSONIsRefused(_ event: JSONValue) throws {
        try expect(400, "not valid JSON", of: event)
    }

    @Test(
        arguments: [
            (encoded.replacing("body", with: "W10="), "an array"),
            (body(["query": .string(MalformedInput.long)]), "262144 bytes"),
            (body(["query": ["query": "SELECT 1"]]), "query: expected a text, found an object"),
            (
                Submission.rest.replacing("body", with: #"{"query": "SELECT 1", "retention_minutes": 1e400}"#),
                "retention_minutes: expected a whole number"
            ),
            (
                body(["query": "SELECT 1", "retention_minutes": .integer(.max)]),
                "retention_minutes: expected a whole number"
            ),
        ] as [(JSONValue, String)]
    )
    func aMemberOfTheBodyThatIsWrongIsNamed(_ event: JSONValue, _ words: String) throws {
        try expect(400, words, of: event)
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
        try expect(400, words, of: Self.body(body).replacing("path", with: .string("/v0/data_hist/\(path)")))
    }

    private static func body(_ body: JSONValue) -> JSONValue {
        Submission.rest.replacing("body", with: .string(body.serialized()))
    }

    @Test(
        arguments: rest("isBase64Encoded", [.null, 7, "true", []])
            + rest("queryStringParameters", [7, "x", [], ["compat": .null], ["compat": ["v0code"]], ["x": [:]]])
            + http("rawQueryString", [7, "&&==&", "%", "compat", "compat=%zz"])
            + http("rawQueryString", [.string(String(repeating: "=", count: 5000))])
            + rest("requestContext", ["x", 7, [], ["requestId": 7], ["identity": 7, "authorizer": "x"]])
            + rest("requestContext", [["identity": ["apiKeyId": 7]]])
            + rest("requestContext", [["http": .null, "requestId": .string(MalformedInput.long)]])
    )
    func anOptionalMemberMayHaveAnyValue(_ event: JSONValue) throws {
        try expect(200, "query_id", of: event)
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
