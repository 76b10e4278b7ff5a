/// An error of a call to Slack.
package enum SlackError: Error, Equatable, Sendable {
    /// Slack answered with an error of its own, such as `channel_not_found`.
    case refused(String)
    /// Too many requests; Slack asks for a pause of some seconds.
    case rateLimited(seconds: Int)
    /// Slack was not reached or is out of service: nothing was posted.
    case unavailable(String)
    /// The answer was lost, cannot be read, or reports a failure half-way: the message may or may not have been posted.
    case unclear(String)
}

extension SlackError: CustomStringConvertible {
    /// The error as text.
    package var description: String {
        switch self {
        case .refused(let code): "Slack refused: \(code)"
        case .rateLimited(let seconds): "Slack asks for a pause of \(seconds) s"
        case .unavailable(let reason): "Slack is not available: \(reason)"
        case .unclear(let reason): "Slack may not have posted the message: \(reason)"
        }
    }
}
