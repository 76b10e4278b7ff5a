import AWS

/// A failure of a request for a query: nothing ran, the query failed, or its result cannot be handed out.
struct QueryFailure: Error, Equatable {
    private(set) var reason: Reason
    var executionID: String?
    /// Whether the same request may succeed later.
    var isRetryable = false
    /// The reason for the log alone: it may name resources of the account.
    var detail: String?

    /// The reason, with the text that the caller reads where Athena or the request decides that text.
    enum Reason: Equatable {
        /// The request has no valid key.
        case unauthorized
        /// The caller may not do this.
        case forbidden(String)
        case noSuchPath
        /// The path takes another method.
        case wrongMethod(allowed: String)
        /// The request is malformed, or Athena refuses it before the query runs.
        case invalidRequest(String)
        /// Athena cannot parse the SQL, or does not find what it names.
        case invalidSyntax(String)
        /// The token is none that an earlier page gave out.
        case invalidToken(String)
        /// The idempotency key was used for another query.
        case idempotencyMismatch(String)
        /// The caller has no query with this id.
        case noSuchQuery
        /// Athena does not let the role see the query: it is in another workgroup, or the role lacks a permission.
        case hiddenQuery
        /// The rows were asked for before the query ended.
        case notReady(String)
        /// The query still runs although the caller's time is over.
        case stillRunning(state: String)
        /// The query failed for a reason of its own.
        case queryFailed(String)
        case cancelled(String)
        /// Athena failed, and not the query.
        case athenaFailed(String)
        /// Athena had no resources for the query.
        case athenaExhausted(String)
        /// Athena did not answer, or refused this service.
        case athenaUnavailable(String)
        case tooManyRequests(String)
        /// The result is deleted, or its retention is over.
        case expired(String)
        /// The result is longer than an answer may be.
        case resultTooLong
    }

    init(_ reason: Reason, of executionID: String? = nil, isRetryable: Bool = false) {
        self.reason = reason
        self.executionID = executionID
        self.isRetryable = isRetryable
    }

    /// Whether the query ended because Athena failed, so that the same query may succeed on a second run.
    var isAthenasOwn: Bool {
        switch reason {
        case .athenaFailed, .athenaExhausted: true
        default: false
        }
    }
}

extension QueryFailure {
    /// The failure without Athena's reason, which may name tables behind a view, objects, values and the account's
    /// resources. Athena's parser speaks of the caller's own SQL only, and is heard.
    var withholdingReason: QueryFailure {
        var failure = self
        let text = "Athena's reason is withheld; the owner of the service finds it by the id of the query"
        switch reason {
        case .invalidSyntax where executionID != nil: failure.reason = .invalidSyntax(text)
        case .queryFailed: failure.reason = .queryFailed(text)
        case .cancelled: failure.reason = .cancelled(text)
        case .athenaFailed: failure.reason = .athenaFailed(text)
        case .athenaExhausted: failure.reason = .athenaExhausted(text)
        case .invalidRequest where detail != nil:
            failure.reason = .invalidRequest("Athena's reason is withheld; the log of the service has it")
        default: break
        }
        return failure
    }

    /// The failure of an execution; nil for one that succeeded or has not ended.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    init?(_ execution: QueryExecution) {
        let error = execution.failure
        let text = execution.stateChangeReason ?? error?.message ?? "Athena gives no reason"
        let reason: Reason
        switch (execution.state, error?.category) {
        case (.succeeded, _), (.queued, _), (.running, _): return nil
        case (.cancelled, _): reason = .cancelled(text)
        case (.failed, nil), (.failed, 2): reason = Self.isOfSyntax(text) ? .invalidSyntax(text) : .queryFailed(text)
        case (.failed, _):
            // Types up to 8 are exhausted resources, which may be free again in a while.
            let isExhausted = error?.type.map { (0...8).contains($0) } ?? false
            reason = isExhausted ? .athenaExhausted(text) : .athenaFailed(text)
        default: reason = .athenaFailed("the query is '\(execution.state.text)', which is no known state")
        }
        self.init(reason, of: execution.id, isRetryable: error?.isRetryable ?? false)
    }

    /// The failure of a request for an execution whose id comes from outside. Athena lets a role see the executions of its
    /// workgroup only, and refuses any other as it refuses a role without the permission.
    init(_ error: AWSError, toFind executionID: String) {
        self.init(error, of: executionID)
        if error.code == "AccessDeniedException" { reason = .hiddenQuery }
    }

    /// The failure of a request to Athena.
    ///
    /// - Parameter executionID: the execution that the request is about; nil when it was to start one.
    init(_ error: AWSError, of executionID: String? = nil) {
        if let executionID, error.isTooLongAnswer {
            self.init(.resultTooLong, of: executionID)
        } else if case .refused(let refusal) = error {
            let reason = executionID == nil ? Reason(startRefused: refusal) : Reason(refused: refusal)
            self.init(reason, of: executionID, isRetryable: reason.isTransient(refusal))
        } else {
            self.init(.athenaUnavailable("Athena did not answer"), of: executionID, isRetryable: true)
        }
        detail = "\(error)"
    }

    /// Whether Athena complains of the SQL itself.
    fileprivate static func isOfSyntax(_ reason: String) -> Bool {
        ["SYNTAX_ERROR", "mismatched input"].contains { reason.contains($0) }
    }
}

extension QueryFailure.Reason {
    private static let invalidRequestCode = "InvalidRequestException"

    /// A refusal to start a query: the query is wrong, or the place where it was to run.
    fileprivate init(startRefused refusal: ServiceError) {
        guard refusal.code == Self.invalidRequestCode, refusal.athenaErrorCode != "IDEMPOTENT_PARAMETER_MISMATCH" else {
            self.init(refused: refusal)
            return
        }
        let isOfSyntax = refusal.athenaErrorCode == "MALFORMED_QUERY" || QueryFailure.isOfSyntax(refusal.message)
        self = isOfSyntax ? .invalidSyntax(refusal.message) : .invalidRequest(refusal.message)
    }

    /// A refusal of a request about an execution.
    fileprivate init(refused refusal: ServiceError) {
        let message = refusal.message
        switch (refusal.code, refusal.athenaErrorCode) {
        case ("TooManyRequestsException", _), ("ThrottlingException", _): self = .tooManyRequests(message)
        case (Self.invalidRequestCode, "IDEMPOTENT_PARAMETER_MISMATCH"): self = .idempotencyMismatch(message)
        case (Self.invalidRequestCode, "INVALID_NEXT_TOKEN"): self = .invalidToken(message)
        case (Self.invalidRequestCode, _) where message.contains("not yet finished"): self = .notReady(message)
        case (Self.invalidRequestCode, _) where message.contains("Could not find results"):
            self = .expired("the result is gone")
        case (Self.invalidRequestCode, _) where message.contains("not found"): self = .noSuchQuery
        case (Self.invalidRequestCode, _) where message.lowercased().contains("token"): self = .invalidToken(message)
        case (Self.invalidRequestCode, _): self = .invalidRequest(message)
        default: self = .athenaUnavailable("Athena refused the request")
        }
    }

    fileprivate func isTransient(_ refusal: ServiceError) -> Bool {
        switch self {
        case .tooManyRequests, .notReady: true
        case .athenaUnavailable: refusal.status >= 500
        default: false
        }
    }
}
