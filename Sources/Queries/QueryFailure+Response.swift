import JSON
import LambdaEvents

// The only place that knows the HTTP statuses of failures, and the codes that programs read.
extension QueryFailure {
    /// The failure over HTTP.
    var response: APIResponse {
        var members: [JSONValue.Member] = [.init("error", .string(code)), .init("message", .string(message))]
        if let executionID { members.append(.init("query_id", .string(executionID))) }
        members.append(.init("retryable", .bool(isRetryable)))
        return APIResponse(status: status, body: .object(members), headers: headers)
    }

    private var status: Int {
        switch reason {
        case .invalidRequest, .invalidSyntax, .invalidToken, .queryFailed: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .noSuchPath, .noSuchQuery, .hiddenQuery: 404
        case .wrongMethod: 405
        case .idempotencyMismatch, .notReady: 409
        case .cancelled, .expired: 410
        case .resultTooLong: 413
        case .tooManyRequests: 429
        case .athenaFailed, .athenaUnavailable: 502
        case .athenaExhausted: 503
        case .stillRunning: 504
        }
    }

    private var code: String {
        switch reason {
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .noSuchPath, .noSuchQuery, .hiddenQuery: "NotFound"
        case .wrongMethod: "MethodNotAllowed"
        case .invalidRequest: "InvalidRequest"
        case .invalidSyntax: "InvalidQuerySyntax"
        case .invalidToken: "InvalidToken"
        case .idempotencyMismatch: "IdempotencyMismatch"
        case .notReady: "NotReady"
        case .stillRunning: "StillRunning"
        case .queryFailed: "QueryFailed"
        case .cancelled: "QueryCancelled"
        case .athenaFailed, .athenaExhausted: "AthenaFailed"
        case .athenaUnavailable: "AthenaUnavailable"
        case .tooManyRequests: "TooManyRequests"
        case .expired: "Expired"
        case .resultTooLong: "ResultTooLong"
        }
    }

    private var message: String {
        switch reason {
        case .unauthorized: "the header x-api-key is missing or wrong"
        case .noSuchPath: "there is no such path"
        case .wrongMethod(let allowed): "use \(allowed)"
        case .noSuchQuery, .hiddenQuery: "there is no such query"
        case .stillRunning(let state): "the query is \(state) and goes on; the same event again waits on for it"
        case .resultTooLong:
            "the result is longer than the \(QueryRows.longestAnswer / 1_000_000) MB that an answer holds"
        case .forbidden(let text), .invalidRequest(let text), .invalidSyntax(let text), .invalidToken(let text),
            .idempotencyMismatch(let text), .notReady(let text), .queryFailed(let text), .cancelled(let text),
            .athenaFailed(let text), .athenaExhausted(let text), .athenaUnavailable(let text),
            .tooManyRequests(let text), .expired(let text):
            text
        }
    }

    private var headers: [JSONValue.Member] {
        switch reason {
        case .tooManyRequests, .athenaExhausted: [.init("Retry-After", "5")]
        case .wrongMethod(let allowed): [.init("Allow", .string(allowed))]
        default: []
        }
    }
}

extension QueryFailure: CustomStringConvertible {
    /// The failure as the log and a failed invocation show it.
    var description: String {
        let query = executionID.map { " (query \($0))" } ?? ""
        return "\(code): \(detail ?? message)\(query)"
    }
}
