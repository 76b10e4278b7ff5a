import JSON
import LambdaEvents
import Testing

@testable import Queries

@Suite struct QueryAPIRouteTests {
    private func route(_ method: String, _ path: String) throws -> Result<QueryAPIRoute, QueryFailure> {
        let event: JSONValue = [
            "httpMethod": .string(method), "path": .string(path), "requestContext": ["requestId": "r"],
        ]
        let request = try #require(APIRequest(event))
        return Result { () throws(QueryFailure) in try QueryAPIRoute(request) }
    }

    @Test(
        arguments: [
            ("GET", "openapi.json", .document), ("POST", "query", .submit), ("GET", "status/q-1", .status("q-1")),
            ("POST", "cancel/q-1", .cancel("q-1")), ("POST", "next", .next), ("post", "query", .submit),
            ("GET", "status/a%2Fb", .status("a/b")),
        ] as [(String, String, QueryAPIRoute)],
        ["/v0/data_hist/", "/v0/lme_hist/", "/prod/v0/data_hist/", "/a/v0/b/v0/lme_hist/", "//v0//data_hist//"]
    )
    func anOperationHasAMethodAndAPath(_ operation: (String, String, QueryAPIRoute), _ base: String) throws {
        let (method, path, route) = operation
        #expect(try self.route(method, base + path) == .success(route))
        #expect(try self.route(method, base + path + "/") == .success(route))
    }

    @Test(arguments: [
        "", "/", "/v0", "/v0/data_hist", "/v0/data_hist/", "/data_hist/query", "/v1/data_hist/query", "/v0/other/query",
        "/V0/data_hist/query", "/v0/x/data_hist/query", "/v0/data_hist/status", "/v0/data_hist/status/a/b",
        "/v0/data_hist/cancel", "/v0/data_hist/query/x", "/v0/data_hist/next/x", "/v0/data_hist/openapi.json/x",
        "/v0/data_hist/Query", "/query",
    ])
    func anyOtherPathDoesNotExist(_ path: String) throws {
        for method in ["GET", "POST"] {
            #expect(try route(method, path) == .failure(QueryFailure(.noSuchPath)))
        }
    }

    @Test(arguments: [
        ("openapi.json", "GET"), ("query", "POST"), ("status/q-1", "GET"), ("cancel/q-1", "POST"), ("next", "POST"),
    ])
    func anotherMethodIsToldTheRightOne(_ path: String, _ allowed: String) throws {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", ""] where method != allowed {
            let failure = QueryFailure(.wrongMethod(allowed: allowed))
            #expect(try route(method, "/v0/data_hist/\(path)") == .failure(failure))
        }
    }
}
