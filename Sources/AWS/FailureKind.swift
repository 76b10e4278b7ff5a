import HTTP

/// The kind of a call's failure, which says whether another attempt can succeed.
enum FailureKind: Equatable {
    /// The signature was wrong and the next one will be another.
    case corrected
    /// The service or the network failed for a moment.
    case transient
    /// The service asks for fewer calls.
    case throttling
    /// The same call will fail again.
    case permanent

    private static let transientCodes: Set<String> = [
        "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "InternalError",
        "InternalServerError", "InternalFailure", "ServiceUnavailable", "TransactionConflictException",
        "TransactionConflict",
    ]

    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
        "EC2ThrottledException", "ThrottlingError", "ProvisionedThroughputExceeded",
    ]

    /// The kind of an error whose cause is still there.
    init(_ error: AWSError) {
        switch error {
        case .refused(let error) where Self.throttlingCodes.contains(error.code): self = .throttling
        case .refused(let error)
        where Self.transientCodes.contains(error.code) || [500, 502, 503, 504].contains(error.status)
            || error.isPassingCancellation:
            self = .transient
        case .transport(_, .unreachable), .transport(_, .timedOut), .transport(_, .connectionLost), .unreadable:
            self = .transient
        case .refused, .transport, .noCredentials, .misconfigured: self = .permanent
        }
    }
}
