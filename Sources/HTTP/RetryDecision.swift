/// The answer of a retry policy about a request that failed.
package enum RetryDecision: Sendable, Equatable {
    /// Send the request again after a pause.
    case retry(after: Duration)
    /// Report the failure.
    case giveUp
}
