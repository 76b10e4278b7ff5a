/// Why Slack did not do what it was asked.
package enum SlackError: Error, Equatable, Sendable {
    /// Slack answered with an error of its own, such as `channel_not_found`.
    case refused(String)
    /// Too much was asked; how many seconds Slack wants to be left alone.
    case rateLimited(seconds: Int)
    /// Slack was not reached, or says that it is out of service: nothing was posted.
    case unavailable(String)
    /// The answer was lost, makes no sense, or admits a failure half-way: the message may have been posted.
    case unclear(String)
}

extension SlackError: CustomStringConvertible {
    /// The error in plain words.
    package var description: String {
        switch self {
        case .refused(let code): "Slack refused: \(code)"
        case .rateLimited(let seconds): "Slack asks for a pause of \(seconds) s"
        case .unavailable(let reason): "Slack is not available: \(reason)"
        case .unclear(let reason): "Slack may not have posted the message: \(reason)"
        }
    }
}
