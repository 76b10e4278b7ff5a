import JSON
import LambdaEvents
import LambdaRuntime
import Testing
import Time

@testable import AWS
@testable import Queries

@Suite struct QueryAPITests {
    private let athena = FakeAthena()

    private struct Answer {
        let status: JSONValue?
        let body: JSONValue
    }

    private func ask(
        _ path: String,
        _ body: JSONValue? = nil,
        tenant: String = "acme",
        key: String? = nil,
        compat: Bool = false,
        variables: [String: String] = [:]
    ) throws -> Answer {
        let event: JSONValue = .object(of: [
            "httpMethod": body == nil && !path.hasPrefix("cancel") ? "GET" : "POST",
            "path": .string("/prod/v0/data_hist/\(path)"),
            "headers": .object(of: ["X-TREBUCHET-TENANT-ID": .string(tenant), "x-api-key": key.map { .string($0) }]),
            "queryStringParameters": compat ? ["compat": "v0code"] : .null,
            "body": body.map { .string($0.serialized()) },
            "requestContext": .object([]),
        ])
        let settings = try QueryAPISettings.test(variables.merging(["QUERY_API_KEY": "k"]) { $1 })
        let handler = QueryAPI(athena: athena, settings: settings)
        let answer = try handler.handle(event, .test("\(path) \(tenant) \(athena.calls.count)"))
        let text = try #require(answer["body"]?.string)
        return Answer(status: answer["statusCode"], body: try JSONValue(parsing: text.utf8))
    }

    private func submit(_ sql: String = "SELECT n FROM metrics", tenant: String = "acme") throws -> String {
        let answer = try ask("query", ["query": .string(sql), "retention_minutes": 60], tenant: tenant, key: "k")
        return try #require(answer.body["query_id"]?.string)
    }

    @Test func aQueryIsSubmittedFollowedAndRead() throws {
        let id = try submit()
        #expect(athena.requests.first?.outputLocation?.hasSuffix("/retention=60/") == true)
        let status = try ask("status/\(id)", key: "k")
        #expect(status.status == 200 && status.body["status"] == "FINISHED" && status.body["state"] == "SUCCEEDED")
        let page = try ask("next", ["query_id": .string(id)], key: "k")
        #expect(page.body["rows"] == [[7]] && page.body["next_token"] == nil)
    }

    @Test func aQueryIsCancelledUnlessItHasEnded() throws {
        let id = try submit()
        #expect(try ask("cancel/\(id)", key: "k").body["status"] == "FINISHED" && athena.stopped.isEmpty)
        athena.plan(.init(state: "RUNNING"))
        let running = try submit("SELECT 2")
        #expect(try ask("next", ["query_id": .string(running)], key: "k").body["error"] == "NotReady")
        #expect(try ask("cancel/\(running)", key: "k").body["status"] == "CANCELLED")
        #expect(athena.stopped == [running])
    }

    @Test func anotherTenantsQueryDoesNotExist() throws {
        let id = try submit()
        for answer in [
            try ask("status/\(id)", tenant: "other", key: "k"), try ask("cancel/\(id)", tenant: "other", key: "k"),
            try ask("next", ["query_id": .string(id)], tenant: "other", key: "k"),
        ] {
            #expect(answer.status == 404 && answer.body["error"] == "NotFound")
        }
        #expect(athena.stopped.isEmpty && !athena.calls.contains("results"))
    }

    @Test(arguments: [nil, "", "K", "kk"])
    func aWrongKeyIsRefusedBeforeAllElse(_ key: String?) throws {
        for path in ["query", "openapi.json", "nothing"] { #expect(try ask(path, key: key).status == 401) }
        #expect(athena.calls.isEmpty)
    }

    @Test func anExpiredResultIsGone() throws {
        let id = try submit()
        athena.end(id, completed: Timestamp.now - .seconds(3600))
        #expect(try ask("status/\(id)", key: "k").body["error"] == "Expired")
        #expect(try ask("next", ["query_id": .string(id)], key: "k").status == 410)
    }

    @Test func sqlThatMayNotRunIsForbidden() throws {
        let answer = try ask("query", ["query": "SELECT * FROM secret"], key: "k")
        #expect(answer.status == 403 && athena.calls.isEmpty)
    }

    @Test func clientsOfTheOldServiceKnowNo5xx() throws {
        athena.plan(.init(state: "FAILED", reason: "x", failure: ["ErrorCategory": 1, "ErrorType": 100]))
        let id = try submit()
        #expect(try ask("status/\(id)", key: "k").status == 502)
        #expect(try ask("status/\(id)", key: "k", compat: true).status == 400)
    }

    private static let withholding = ["WITHHOLD_REASONS": "true"]

    @Test(arguments: [
        (2, 1000, "HIVE_BAD_DATA: s3://secret", "QueryFailed"),
        (2, 1000, "SYNTAX_ERROR: secret is a view", "InvalidQuerySyntax"),
        (1, 100, "INTERNAL: secret", "AthenaFailed"), (1, 1, "EXHAUSTED: secret", "AthenaFailed"),
    ])
    func aReasonIsToldOrWithheld(_ category: Int, _ type: Int, _ reason: String, _ code: String) throws {
        athena.plan(
            .init(
                state: "FAILED",
                reason: reason,
                failure: ["ErrorCategory": .integer(Int64(category)), "ErrorType": .integer(Int64(type))]
            )
        )
        let id = try submit()
        for (path, body) in [("status/\(id)", nil), ("next", ["query_id": .string(id)] as JSONValue)] {
            let open = try ask(path, body, key: "k")
            #expect(open.body["message"] == .string(reason) && open.body["error"] == .string(code))
            let closed = try ask(path, body, key: "k", variables: Self.withholding)
            #expect(closed.body["message"]?.string?.hasPrefix("Athena's reason is withheld") == true)
            #expect(closed.status == open.status && closed.body["error"] == .string(code))
            #expect(closed.body["query_id"] == .string(id) && closed.body["retryable"] == open.body["retryable"])
        }
    }

    @Test func theReasonOfACancelledQueryIsToldOrWithheld() throws {
        athena.plan(.init(state: "CANCELLED", reason: "secret"))
        let id = try submit()
        #expect(try ask("status/\(id)", key: "k").body["reason"] == "secret")
        #expect(try ask("status/\(id)", key: "k", variables: Self.withholding).body["reason"] == nil)
        let next = try ask("next", ["query_id": .string(id)], key: "k", variables: Self.withholding)
        #expect(next.status == 410 && next.body["message"]?.string?.contains("secret") == false)
    }

    @Test func aRefusedStartIsWithheldUnlessItIsOfTheCallersSQL() throws {
        let query: JSONValue = ["query": "SELECT 1"]
        athena.failures["start"] = .refused(FakeAthena.refusal("no access to s3://secret"))
        #expect(try ask("query", query, key: "k").body["message"] == "no access to s3://secret")
        let closed = try ask("query", query, key: "k", variables: Self.withholding)
        #expect(closed.status == 400 && closed.body["message"]?.string?.contains("secret") == false)
        athena.failures["start"] = .refused(FakeAthena.refusal("mismatched input 'x'"))
        let syntax = try ask("query", query, key: "k", variables: Self.withholding)
        #expect(syntax.body["message"] == "mismatched input 'x'")
        // What the service itself finds wrong stays.
        let wrong = try ask("query", ["query": 7], key: "k", variables: Self.withholding)
        #expect(wrong.body["message"] == "query: expected a text, found 7")
    }

    @Test func theDocumentShowsTheOperatorsLimit() throws {
        let parts = OpenAPIDocument.text(longestRetention: 43_200).split(separator: OpenAPIDocument.defaultLimit)
        #expect(parts.count == 2)
        let document = try JSONValue(parsing: OpenAPIDocument.text(longestRetention: 100).utf8)
        let submission = document["components"]?["schemas"]?["Submission"]
        #expect(submission?["properties"]?["retention_minutes"]?["maximum"] == 100)
    }

    @Test(arguments: [
        (["RETENTION_MINUTES": "x"], "RETENTION_MINUTES: expected a whole number from 1 to 5256000, found 'x'"),
        (["LONGEST_RETENTION_MINUTES": "0"], "LONGEST_RETENTION_MINUTES: expected a whole number"),
        (["WITHHOLD_REASONS": "1"], "WITHHOLD_REASONS: expected true or false, found '1'"),
        (["OUTPUT_S3_BUCKET": "b"], "OUTPUT_S3_BUCKET: expected s3://bucket/path/, found 'b'"),
        (["QUERY_API_TABLES": ""], "QUERY_API_TABLES is not set"), (["DATABASE": ""], "DATABASE is not set"),
    ])
    func aBadSettingStopsTheStart(_ variables: [String: String], _ problem: String) {
        #expect {
            _ = try QueryAPISettings.test(variables)
        } throws: { error in
            "\(error)".contains(problem)
        }
    }

    @Test func theDefaultRetentionIsAtMostTheLongest() throws {
        #expect(try QueryAPISettings.test().retention == 1440 && QueryAPISettings.test().longestRetention == 43_200)
        #expect(try QueryAPISettings.test(["LONGEST_RETENTION_MINUTES": "60"]).retention == 60)
    }
}
