import AWS
import JSON
import LambdaEvents

/// Why a query gave no result, as an answer over HTTP says it.
struct QueryFailure: Error, Equatable, CustomStringConvertible {
    /// The HTTP status.
    let status: Int
    /// One word for programs.
    let code: String
    /// The reason for people.
    let message: String
    var executionID: String?
    /// Whether the same may succeed later.
    var isRetryable = false
    /// What only the log should say: it may name resources of the account.
    var detail: String?

    var description: String {
        let query = executionID.map { " (query \($0))" } ?? ""
        return "\(code): \(detail ?? message)\(query)"
    }

    /// The failure as an answer over HTTP.
    var response: APIResponse {
        var members: [JSONValue.Member] = [.init("error", .string(code)), .init("message", .string(message))]
        if let executionID { members.append(.init("query_id", .string(executionID))) }
        members.append(.init("retryable", .bool(isRetryable)))
        return APIResponse(
            status: status,
            body: .object(members),
            headers: status == 429 || status == 503 ? [.init("Retry-After", "5")] : []
        )
    }
}

extension QueryFailure {
    /// Why an execution has ended without success; nil for any other state.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    init?(_ execution: QueryExecution) {
        let error = execution.failure
        let reason = execution.stateChangeReason ?? error?.message ?? "Athena gives no reason"
        switch (execution.state, error?.category) {
        case (.cancelled, _):
            self.init(status: 410, code: "QueryCancelled", message: reason)
        case (.failed, nil), (.failed, 2):
            self.init(
                status: 400,
                code: Self.isOfSyntax(reason) ? "InvalidQuerySyntax" : "QueryFailed",
                message: reason
            )
        case (.failed, _):
            // Types up to 8 are exhausted resources, which may be free again in a while.
            let isExhausted = error?.type.map { (0...8).contains($0) } ?? false
            self.init(status: isExhausted ? 503 : 502, code: "AthenaFailed", message: reason)
        case (.succeeded, _), (.queued, _), (.running, _): return nil
        default:
            self.init(
                status: 502,
                code: "AthenaFailed",
                message: "the query is '\(execution.state)', which is no known state"
            )
        }
        executionID = execution.id
        isRetryable = error?.isRetryable ?? false
    }

    /// Why Athena did not do what it was asked for.
    init(_ error: AWSError, of executionID: String? = nil) {
        if let executionID, error.isTooLongAnswer {
            self = .tooLong(executionID)
            detail = "\(error)"
            return
        }
        guard case .refused(let refusal) = error else {
            self.init(status: 502, code: "AthenaUnavailable", message: "Athena did not answer")
            isRetryable = true
            detail = "\(error)"
            self.executionID = executionID
            return
        }
        let message = refusal.message
        switch (refusal.code, refusal.athenaErrorCode) {
        case ("TooManyRequestsException", _), ("ThrottlingException", _):
            self.init(status: 429, code: "TooManyRequests", message: message, isRetryable: true)
        case ("InvalidRequestException", "IDEMPOTENT_PARAMETER_MISMATCH"):
            self.init(status: 409, code: "IdempotencyMismatch", message: message)
        case ("InvalidRequestException", let code) where executionID == nil:
            // Nothing runs yet: what is wrong is the query, or where it was to run.
            let isOfSyntax = code == "MALFORMED_QUERY" || Self.isOfSyntax(message)
            self.init(status: 400, code: isOfSyntax ? "InvalidQuerySyntax" : "InvalidRequest", message: message)
        case ("InvalidRequestException", "INVALID_NEXT_TOKEN"):
            self.init(status: 400, code: "InvalidToken", message: message)
        case ("InvalidRequestException", _) where message.contains("not yet finished"):
            self.init(status: 409, code: "NotReady", message: message, isRetryable: true)
        case ("InvalidRequestException", _) where message.contains("Could not find results"):
            self.init(status: 410, code: "Expired", message: "the result is gone")
        case ("InvalidRequestException", _) where message.contains("not found"):
            self.init(status: 404, code: "NotFound", message: "there is no such query")
        case ("InvalidRequestException", _) where message.lowercased().contains("token"):
            self.init(status: 400, code: "InvalidToken", message: message)
        case ("InvalidRequestException", _):
            self.init(status: 400, code: "InvalidRequest", message: message)
        default:
            self.init(status: 502, code: "AthenaUnavailable", message: "Athena refused the request")
            isRetryable = refusal.status >= 500
        }
        detail = "\(error)"
        self.executionID = executionID
    }

    /// Whether Athena complains of the SQL itself.
    private static func isOfSyntax(_ reason: String) -> Bool {
        ["SYNTAX_ERROR", "mismatched input"].contains { reason.contains($0) }
    }
}

// What query_api refuses by itself.
extension QueryFailure {
    static let noSuchPath = QueryFailure(status: 404, code: "NotFound", message: "there is no such path")

    static func noSuchQuery(_ id: String) -> QueryFailure {
        QueryFailure(status: 404, code: "NotFound", message: "there is no such query", executionID: id)
    }

    static func invalid(_ message: String) -> QueryFailure {
        QueryFailure(status: 400, code: "InvalidRequest", message: message)
    }
}
