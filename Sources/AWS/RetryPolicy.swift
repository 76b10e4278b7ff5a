import HTTP

/// When a call is tried again, and after what pause: the AWS SDKs' standard mode in its 2026 revision.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
package struct RetryPolicy: Sendable {
    /// How often a call is made at the most.
    let maximumAttempts: Int
    /// The longest pause before the first retry of an error that is not throttling.
    let baseDelay: Duration

    static let standard = RetryPolicy(maximumAttempts: 3, baseDelay: .milliseconds(50))
    static let dynamoDB = RetryPolicy(maximumAttempts: 4, baseDelay: .milliseconds(25))

    private static let throttlingBaseDelay = Duration.seconds(1)
    private static let maximumDelay = Duration.seconds(20)

    /// What kind of trouble an error is.
    enum Trouble: Equatable {
        case passing
        case throttling
        case lasting
    }

    private static let passingCodes: Set<String> = [
        "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "InternalError",
        "InternalServerError", "InternalFailure", "ServiceUnavailable",
    ]

    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
        "EC2ThrottledException",
    ]

    static func trouble(_ error: AWSError) -> Trouble {
        switch error {
        case .refused(let error):
            if throttlingCodes.contains(error.code) { return .throttling }
            return passingCodes.contains(error.code) || [500, 502, 503, 504].contains(error.status)
                ? .passing : .lasting
        case .transport(_, .unreachable), .transport(_, .timedOut), .transport(_, .connectionLost), .unreadable:
            return .passing
        case .transport, .noCredentials, .misconfigured:
            return .lasting
        }
    }

    /// The pause before the next attempt.
    ///
    /// - Parameters:
    ///   - attempt: how many attempts have failed, at least 1.
    ///   - trouble: what the last one failed with.
    ///   - random: a number from 0 up to 1.
    ///   - wish: what the service asked for in `x-amz-retry-after`, honored up to 5 seconds beyond the pause.
    func delay(afterAttempt attempt: Int, _ trouble: Trouble, random: Double, wish: Duration?) -> Duration {
        let base = trouble == .throttling ? Self.throttlingBaseDelay : baseDelay
        let delay = min(base * (1 << min(attempt - 1, 16)), Self.maximumDelay) * random
        guard let wish else { return delay }
        return min(max(wish, delay), delay + .seconds(5))
    }
}

/// Keeps a broken service from being flooded: retries spend tokens that only success brings back.
struct RetryBudget {
    private static let capacity = 500
    private var tokens = Self.capacity

    /// Takes the price of one retry.
    ///
    /// - Returns: the price, or nil when the budget does not hold it.
    mutating func spend(_ trouble: RetryPolicy.Trouble) -> Int? {
        let price = trouble == .throttling ? 5 : 14
        guard tokens >= price else { return nil }
        tokens -= price
        return price
    }

    /// Gives back what a call that succeeded had spent, or one token when it had spent nothing.
    mutating func refund(_ spent: Int) {
        tokens = min(Self.capacity, tokens + max(1, spent))
    }
}
