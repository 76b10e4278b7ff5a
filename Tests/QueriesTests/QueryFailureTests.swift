import HTTP
import JSON
import LambdaEvents
import Testing

@testable import AWS
@testable import Queries

@Suite struct QueryFailureTests {
    @Test(arguments: [
        (QueryFailure.Reason.unauthorized, 401, "Unauthorized"), (.forbidden("m"), 403, "Forbidden"),
        (.noSuchPath, 404, "NotFound"), (.wrongMethod(allowed: "GET"), 405, "MethodNotAllowed"),
        (.invalidRequest("m"), 400, "InvalidRequest"), (.invalidSyntax("m"), 400, "InvalidQuerySyntax"),
        (.invalidToken("m"), 400, "InvalidToken"), (.idempotencyMismatch("m"), 409, "IdempotencyMismatch"),
        (.noSuchQuery, 404, "NotFound"), (.hiddenQuery, 404, "NotFound"), (.notReady("m"), 409, "NotReady"),
        (.stillRunning(state: "RUNNING"), 504, "StillRunning"), (.queryFailed("m"), 400, "QueryFailed"),
        (.cancelled("m"), 410, "QueryCancelled"), (.athenaFailed("m"), 502, "AthenaFailed"),
        (.athenaExhausted("m"), 503, "AthenaFailed"), (.athenaUnavailable("m"), 502, "AthenaUnavailable"),
        (.tooManyRequests("m"), 429, "TooManyRequests"), (.expired("m"), 410, "Expired"),
        (.resultTooLong, 413, "ResultTooLong"),
    ])
    func eachReasonHasItsStatusAndCode(_ reason: QueryFailure.Reason, _ status: Int, _ code: String) throws {
        let response = QueryFailure(reason, of: "e1", isRetryable: true).response
        let body = try JSONValue(parsing: response.text.utf8)
        #expect(response.status == status && body["error"] == .string(code))
        #expect(body["query_id"] == "e1" && body["retryable"] == true && body["message"]?.string?.isEmpty == false)
        #expect(response.headers.contains { $0.name == "Retry-After" } == [429, 503].contains(status))
        #expect(response.headers.contains { $0.name == "Allow" } == (status == 405))
    }

    private func execution(_ state: String, _ error: JSONValue?, reason: String?) throws -> QueryExecution {
        try QueryExecution(
            json: [
                "QueryExecutionId": "e1",
                "Status": .object(of: [
                    "State": .string(state), "StateChangeReason": reason.map { .string($0) }, "AthenaError": error,
                ]),
            ]
        )
    }

    @Test(
        arguments: [
            ("CANCELLED", nil, "by user", .cancelled("by user")),
            ("FAILED", nil, nil, .queryFailed("Athena gives no reason")),
            ("FAILED", nil, "SYNTAX_ERROR: x", .invalidSyntax("SYNTAX_ERROR: x")),
            ("FAILED", ["ErrorCategory": 2], "HIVE_BAD_DATA", .queryFailed("HIVE_BAD_DATA")),
            ("FAILED", ["ErrorCategory": 1, "ErrorType": 100], "x", .athenaFailed("x")),
            ("FAILED", ["ErrorCategory": 1, "ErrorType": 8], "x", .athenaExhausted("x")),
            ("FAILED", ["ErrorCategory": 3, "ErrorMessage": "y"], nil, .athenaFailed("y")),
            ("NEW", nil, nil, .athenaFailed("the query is 'NEW', which is no known state")),
        ] as [(String, JSONValue?, String?, QueryFailure.Reason)]
    )
    func anExecutionFailsForAReason(
        _ state: String,
        _ error: JSONValue?,
        _ text: String?,
        _ reason: QueryFailure.Reason
    ) throws {
        let failure = try QueryFailure(execution(state, error, reason: text))
        #expect(failure?.reason == reason && failure?.executionID == "e1" && failure?.isRetryable == false)
    }

    @Test(arguments: ["SUCCEEDED", "QUEUED", "RUNNING"])
    func anExecutionThatHasNotFailedIsNoFailure(_ state: String) throws {
        #expect(try QueryFailure(execution(state, nil, reason: nil)) == nil)
    }

    @Test(
        arguments: [
            ("TooManyRequestsException", nil, 400, "m", .tooManyRequests("m"), true),
            ("ThrottlingException", nil, 400, "m", .tooManyRequests("m"), true),
            ("InvalidRequestException", "IDEMPOTENT_PARAMETER_MISMATCH", 400, "m", .idempotencyMismatch("m"), false),
            ("InvalidRequestException", "INVALID_NEXT_TOKEN", 400, "m", .invalidToken("m"), false),
            ("InvalidRequestException", nil, 400, "not yet finished", .notReady("not yet finished"), true),
            ("InvalidRequestException", nil, 400, "Could not find results", .expired("the result is gone"), false),
            ("InvalidRequestException", nil, 400, "Query was not found", .noSuchQuery, false),
            ("InvalidRequestException", nil, 400, "Bad Token", .invalidToken("Bad Token"), false),
            ("InvalidRequestException", nil, 400, "m", .invalidRequest("m"), false),
            ("AccessDeniedException", nil, 400, "m", .athenaUnavailable("Athena refused the request"), false),
            ("InternalServerException", nil, 500, "m", .athenaUnavailable("Athena refused the request"), true),
        ] as [(String, String?, Int, String, QueryFailure.Reason, Bool)]
    )
    func aRefusalOfARequestAboutAnExecutionHasAReason(
        _ code: String,
        _ athenaCode: String?,
        _ status: Int,
        _ message: String,
        _ reason: QueryFailure.Reason,
        _ isRetryable: Bool
    ) {
        var refusal = FakeAthena.refusal(message, code: code, status: status)
        refusal.athenaErrorCode = athenaCode
        let failure = QueryFailure(.refused(refusal), of: "e1")
        #expect(failure.reason == reason && failure.isRetryable == isRetryable && failure.detail != nil)
    }

    @Test(
        arguments: [
            ("MALFORMED_QUERY", "m", .invalidSyntax("m")),
            (nil, "mismatched input", .invalidSyntax("mismatched input")),
            (nil, "WorkGroup is not found", .invalidRequest("WorkGroup is not found")),
            ("IDEMPOTENT_PARAMETER_MISMATCH", "m", .idempotencyMismatch("m")),
        ] as [(String?, String, QueryFailure.Reason)]
    )
    func aRefusedStartIsTheQuerysFault(_ athenaCode: String?, _ message: String, _ reason: QueryFailure.Reason) {
        var refusal = FakeAthena.refusal(message)
        refusal.athenaErrorCode = athenaCode
        #expect(QueryFailure(.refused(refusal)).reason == reason)
    }

    @Test func aQueryOfAnotherWorkgroupLooksLikeNone() {
        let refusal = FakeAthena.refusal("arn:secret", code: "AccessDeniedException")
        let hidden = QueryFailure(.refused(refusal), toFind: "e1")
        #expect(hidden.response.status == 404)
        #expect(hidden.response.text == QueryFailure(.noSuchQuery, of: "e1").response.text)
        #expect(hidden.detail?.contains("arn:secret") == true)
        let unknown = QueryFailure(.refused(FakeAthena.refusal("Query e1 was not found")), toFind: "e1")
        #expect(unknown.reason == .noSuchQuery)
        let expired = QueryFailure(.refused(FakeAthena.refusal("m", code: "ExpiredTokenException")), toFind: "e1")
        #expect(expired.response.status == 502)
    }

    @Test func theLogAloneShowsWhatTheRoleMayNotDo() throws {
        let failure = QueryFailure(.refused(FakeAthena.refusal("arn:secret", code: "AccessDeniedException")))
        #expect("\(failure)".contains("arn:secret") && !failure.response.text.contains("arn:secret"))
    }

    @Test func anAnswerThatIsTooLongIsARefusalOfTheResult() {
        let error = AWSError.transport(call: "athena:GetQueryResults", .tooLarge(limit: 1))
        #expect(QueryFailure(error, of: "e1").reason == .resultTooLong)
        #expect(QueryFailure(error).reason == .athenaUnavailable("Athena did not answer"))
    }
}
