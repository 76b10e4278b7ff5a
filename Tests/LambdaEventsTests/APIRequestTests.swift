import JSON
import Testing
import Web

@testable import LambdaEvents

@Suite struct APIRequestTests {
    private func request(_ event: String) throws -> APIRequest? { APIRequest(try JSONValue(parsing: event.utf8)) }

    @Test func aRESTAPIsEventIsRead() throws {
        let event = #"""
            {"httpMethod":"POST","path":"/v0/data_hist/query","headers":{"X-Tenant":"a","Content-Type":"text/plain"},
            "queryStringParameters":{"compat":"a b+c"},"body":"{}","isBase64Encoded":false,
            "requestContext":{"requestId":"r-1","stage":"prod","identity":{"apiKeyId":"key-1"}}}
            """#
        let request = try #require(try request(event))
        #expect(request.method == "POST" && request.path == ["v0", "data_hist", "query"])
        #expect(request.headers["x-tenant"] == "a" && request.query == ["compat": "a b+c"])
        #expect(request.body == Array("{}".utf8) && request.id == "r-1" && request.caller.names == ["key=key-1"])
    }

    @Test func anHTTPAPIsEventIsRead() throws {
        let event = #"""
            {"version":"2.0","rawPath":"/prod/v0/data_hist/status/a%2Fb+c","rawQueryString":"compat=v0+code&x=%41&y",
            "headers":{"x-tenant":"a"},"body":"e30=","isBase64Encoded":true,"requestContext":{"requestId":"r-1",
            "http":{"method":"get"},"authorizer":{"jwt":{"claims":{"sub":"ada"}}}}}
            """#
        let request = try #require(try request(event))
        #expect(request.method == "GET" && request.path == ["prod", "v0", "data_hist", "status", "a/b+c"])
        #expect(request.query == ["compat": "v0 code", "x": "A", "y": ""])
        #expect(request.body == Array("{}".utf8) && request.caller.names == ["subject=ada"])
    }

    @Test(arguments: [
        (#"{"identity":{"apiKeyId":"k","userArn":null}}"#, ["key=k"]),
        (
            #"{"identity":{"apiKeyId":"k"},"authorizer":{"principalId":"ada","integrationLatency":7}}"#,
            ["key=k", "principal=ada"]
        ),
        (
            #"{"authorizer":{"claims":{"sub":"ada","iss":"https://i"},"scopes":null}}"#,
            ["issuer=https://i", "subject=ada"]
        ),
        (#"{"authorizer":{"jwt":{"claims":{"sub":"ada"},"scopes":["a"]}}}"#, ["subject=ada"]),
        (#"{"authorizer":{"lambda":{"principalId":"ada","plan":"gold"}}}"#, ["principal=ada"]),
        (
            #"{"identity":{"userArn":"arn:aws:iam::1:user/ada","cognitoIdentityId":"c"}}"#,
            ["arn=arn:aws:iam::1:user/ada", "cognito=c"]
        ),
        (
            #"{"authorizer":{"iam":{"userArn":"arn:a","cognitoIdentity":{"identityId":"c"}}}}"#,
            ["arn=arn:a", "cognito=c"]
        ),
        (#"{"authentication":{"clientCert":{"subjectDN":"CN=ada"}}}"#, ["certificate=CN=ada"]),
        (#"{"identity":{"clientCert":{"subjectDN":"CN=ada"}},"authorizer":null}"#, ["certificate=CN=ada"]),
        ("{}", []), (#"{"authorizer":{}}"#, []), (#"{"authorizer":{"claims":null,"scopes":null}}"#, []),
    ])
    func theCallerIsWhomTheGatewayLetIn(_ context: String, _ names: [String]) throws {
        let caller = APICaller(try JSONValue(parsing: context.utf8))
        #expect(caller.names == names && !caller.isNameless)
    }

    @Test(arguments: [
        #"{"authorizer":{"lambda":null}}"#, #"{"authorizer":{"lambda":{"plan":"gold"}},"identity":{"apiKeyId":"k"}}"#,
        #"{"authorizer":{"jwt":{"claims":{"iss":"https://i"}}}}"#, #"{"authorizer":{"plan":"gold"}}"#,
    ])
    func whomAnAuthorizerDoesNotNameIsNobody(_ context: String) throws {
        #expect(APICaller(try JSONValue(parsing: context.utf8)).isNameless)
    }

    @Test(arguments: ["{}", "[]", #"{"Records":[]}"#, #"{"requestContext":{}}"#, #"{"httpMethod":"GET","path":"/"}"#])
    func anotherEventIsNoRequest(_ event: String) throws {
        #expect(try request(event) == nil)
    }
}
