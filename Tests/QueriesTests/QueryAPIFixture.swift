import HTTP
import JSON
import JSONFixture
import System

@testable import Assembly
@testable import Queries

extension QueryAPISettings {
    /// The settings of an environment that has all that is required, with some variables changed.
    static func test(_ variables: [String: String] = [:]) throws -> QueryAPISettings {
        let base = [
            "AWS_REGION": "eu-west-1", "DATABASE": "sales", "QUERY_API_TABLES": "metrics",
            "OUTPUT_S3_BUCKET": "s3://b/d",
        ]
        let environment = Environment(base.merging(variables) { $1 })
        return try QueryAPISettings(InitPhase(environment: environment, http: HTTPClient()))
    }
}

/// Requests that submit a query, in both versions of the events.
enum Submission {
    static let tenantHeader = "X-TREBUCHET-TENANT-ID"
    static let body = #"{"query": "SELECT 1"}"#
    private static let path = "/v0/data_hist/query"

    /// The event of a REST API.
    static let rest: JSONValue = [
        "resource": .string(path), "path": .string(path), "httpMethod": "POST",
        "headers": ["Host": "api.example.com", tenantHeader: "acme"], "multiValueHeaders": [:],
        "queryStringParameters": .null, "multiValueQueryStringParameters": .null, "pathParameters": .null,
        "stageVariables": .null, "body": .string(body), "isBase64Encoded": false,
        "requestContext": [
            "resourcePath": .string(path), "httpMethod": "POST", "requestId": "r-1", "stage": "prod",
            "identity": ["apiKeyId": "key-1", "sourceIp": "192.0.2.1"],
        ],
    ]

    /// The event of an HTTP API or a function URL.
    static let http: JSONValue = [
        "version": "2.0", "routeKey": "$default", "rawPath": .string(path), "rawQueryString": "",
        "headers": ["x-trebuchet-tenant-id": "acme"],
        "requestContext": [
            "http": ["method": "POST", "path": .string(path), "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"],
            "requestId": "r-1", "stage": "$default",
        ],
        "body": .string(body), "isBase64Encoded": false,
    ]

    /// The event of a REST API with other values of one member.
    static func rest(_ name: String, _ values: [JSONValue]) -> [TestInput] {
        values.map { TestInput(rest.replacing(name, with: $0), title: "\(name): \($0.serialized())") }
    }

    /// The event of an HTTP API with other values of one member.
    static func http(_ name: String, _ values: [JSONValue]) -> [TestInput] {
        values.map { TestInput(http.replacing(name, with: $0), title: "\(name): \($0.serialized())") }
    }

    /// The event of an HTTP API with other bodies, which count as encoded in base64.
    static func encoded(_ bodies: [JSONValue]) -> [TestInput] {
        bodies.map { body in
            TestInput(
                http.replacing("isBase64Encoded", with: true).replacing("body", with: body),
                title: "encoded: \(body.serialized())"
            )
        }
    }
}
