import HTTP
import JSON
import Testing

@testable import Handlers

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
        #expect(request.body == Array("{}".utf8) && request.id == "r-1" && request.caller == "key-1")
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
        #expect(request.body == Array("{}".utf8) && request.caller == "ada")
    }

    @Test(arguments: ["{}", "[]", #"{"Records":[]}"#, #"{"requestContext":{}}"#, #"{"httpMethod":"GET","path":"/"}"#])
    func anotherEventIsNoRequest(_ event: String) throws {
        #expect(try request(event) == nil)
    }

    @Test(arguments: [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmE=", "fooba"), ("w7w=", "ü")])
    func base64IsDecoded(_ text: String, _ decoded: String) {
        #expect(Base64.decoded(text) == Array(decoded.utf8))
    }

    @Test func whatIsNoBase64IsNotDecoded() {
        #expect(Base64.decoded("a*b=") == nil)
    }
}
