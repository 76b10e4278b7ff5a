import HTTP

/// Decides whether a call is made again, and after what pause: the AWS SDKs' standard mode in its 2026 revision.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
package struct RetryPolicy: Sendable {
    /// The greatest number of attempts.
    let maximumAttempts: Int
    /// The longest pause before the first retry of an error that is not throttling.
    let baseDelay: Duration

    static let standard = RetryPolicy(maximumAttempts: 3, baseDelay: .milliseconds(50))
    static let dynamoDB = RetryPolicy(maximumAttempts: 4, baseDelay: .milliseconds(25))

    private static let throttlingBaseDelay = Duration.seconds(1)
    private static let maximumDelay = Duration.seconds(20)
    /// The longest time that a pause grows by because the service asks for it.
    private static let maximumExtension = Duration.seconds(5)

    /// An attempt that failed.
    struct FailedAttempt {
        /// The attempt's number, from 1.
        let number: Int
        let kind: FailureKind
        /// The pause that the service asked for in `x-amz-retry-after`.
        var wish: Duration?
    }

    /// Decides what follows a failed attempt.
    ///
    /// - Parameters:
    ///   - attempt: the attempt.
    ///   - remaining: the time until the deadline.
    ///   - budget: the budget that pays for retries.
    ///   - random: a number from 0 up to 1 that spreads the retries of many clients.
    func decision(
        after attempt: FailedAttempt,
        remaining: Duration,
        budget: RetryBudget,
        random: Double
    ) -> RetryDecision {
        guard remaining > .zero, attempt.number < maximumAttempts else { return .giveUp }
        let delay: Duration
        switch attempt.kind {
        case .permanent: return .giveUp
        case .corrected: delay = .zero
        case .transient: delay = pause(after: attempt, from: baseDelay, random)
        case .throttling: delay = pause(after: attempt, from: Self.throttlingBaseDelay, random)
        }
        guard budget.covers(attempt.kind), delay < remaining else { return .giveUp }
        return .retry(after: delay)
    }

    /// A pause that doubles with each attempt, with jitter over all of it.
    private func pause(after attempt: FailedAttempt, from base: Duration, _ random: Double) -> Duration {
        let delay = min(base * (1 << min(attempt.number - 1, 16)), Self.maximumDelay) * random
        guard let wish = attempt.wish else { return delay }
        return min(max(wish, delay), delay + Self.maximumExtension)
    }
}
