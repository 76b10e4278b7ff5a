import AWSFixture
import HTTP
import JSON
import JSONFixture
import LambdaEvents
import LambdaRuntime
import Synchronization
import System
import Testing

@testable import AWS
@testable import Queries

/// Calls to Athena that fail: `run_query` reports them in its error, `query_api` in its log and with a status.
@Suite struct AthenaFailureTests {
    private final class Lines: Sendable {
        private let lines = Mutex("")
        var text: String { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0 += line } }
    }

    @Test(arguments: [
        ("start", "StartQueryExecution"), ("execution", "GetQueryExecution"), ("results", "GetQueryResults"),
    ])
    func anAnswerThatCannotBeReadIsAthenasFault(_ call: String, _ operation: String) throws {
        let athena = FakeAthena()
        let lines = Lines()
        let service = QueryAPI(athena: athena, settings: try .test())
        _ = try service.handle(Submission.rest, .test())
        athena.failures[call] = .unreadable(call: "athena:\(operation)", reason: "x")
        let words = "athena:\(operation) answered what cannot be read: x"

        let runQuery = RunQuery(settings: try RunQuerySettings([:]), athena: athena, results: FakeResults())
        let error = #expect(throws: QueryFailure.self) {
            try runQuery.handle(call == "start" ? ["query": "SELECT 2"] : ["queryExecutionId": "e1"], .test())
        }
        #expect(error?.description.contains(words) == true)

        let request =
            call == "start"
            ? Submission.rest
            : Submission.rest.replacing("path", with: "/v0/data_hist/next")
                .replacing("body", with: #"{"query_id": "e1"}"#)
        let answer = try service.handle(request, .test(log: Log(level: .error) { lines.add($0) }))
        let body = try JSONValue(parsing: #require(answer["body"]?.string).utf8)
        #expect(answer["statusCode"] == 502 && body["error"] == "AthenaUnavailable" && body["retryable"] == true)
        #expect(lines.text.contains(words))
    }

    @Test(arguments: RefusalFixture.statuses, RefusalFixture.bodies)
    func aRefusalThatNamesNoKnownErrorIsAthenasFault(_ status: Int, _ body: TestInput) throws {
        let response = HTTPResponse(status: status, body: Array(body.text.utf8))
        let refusal = AWSError.refused(ServiceError(call: "athena:X", response: response))
        for failure in [QueryFailure(refusal), QueryFailure(refusal, of: "e1")] {
            let answer = try JSONValue(parsing: failure.response.text.utf8)
            #expect(failure.response.status == 502 && answer["error"] == "AthenaUnavailable")
            #expect(answer["retryable"] == .bool(status >= 500))
            #expect(failure.detail?.hasPrefix("athena:X was refused") == true)
        }
    }
}
