package import HTTP

/// Decides whether a request to Slack is sent a second time, and after what pause.
package enum SlackRetryPolicy {
    /// The pause when Slack was not reached.
    private static let pauseOfOutage = Duration.milliseconds(500)
    /// The time that the second attempt needs.
    private static let timeForAttempt = Duration.seconds(1)

    /// Decides what follows a first attempt that failed.
    ///
    /// A request that may have taken effect is never sent again: a message must not be posted twice.
    ///
    /// - Parameters:
    ///   - error: the failure of the first attempt.
    ///   - remaining: the time until the deadline.
    package static func decision(after error: SlackError, remaining: Duration) -> RetryDecision {
        let pause: Duration
        switch error {
        case .rateLimited(let seconds): pause = .seconds(seconds)
        case .unavailable: pause = pauseOfOutage
        case .refused, .unclear: return .giveUp
        }
        return pause + timeForAttempt < remaining ? .retry(after: pause) : .giveUp
    }
}
