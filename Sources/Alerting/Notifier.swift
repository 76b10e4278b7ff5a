package import Time

/// A carrier of alerts to people. Slack's is one; `docs/extending.md` shows how to add another.
package protocol Notifier: AnyObject {
    /// The name under which the row remembers that an alert has gone out, in lower case and without spaces; different
    /// for each target and from every other notifier's.
    func alertName(for target: AlertTarget) -> String

    /// Delivers one alert to one target, once: the caller has made sure that nobody else does so at the same time.
    ///
    /// - Parameters:
    ///   - query: the query that the alert is about.
    ///   - target: who is to hear of it.
    ///   - deadline: when to give up.
    /// - Returns: whether the alert went out.
    /// - Throws: ``NotifierError`` when it did not and another try makes sense.
    func deliver(
        _ query: FinishedQuery,
        to target: AlertTarget,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery
}

/// What became of an alert for which no other try makes sense.
package enum Delivery: Sendable, Equatable {
    /// It went out.
    case delivered
    /// There is nobody to tell, and why, in a word for the metrics.
    case skipped(SkipReason)

    /// Why there is nobody to tell.
    package enum SkipReason: String, Sendable, Error {
        /// The settings name no such target.
        case targetNotSet = "TargetNotSet"
        /// The user is a program, a service or the account itself.
        case notAPerson = "NotAPerson"
        /// Nobody of that name is known where the alert would go.
        case unknownPerson = "UnknownPerson"
    }
}

/// Why an alert did not go out, so that its message must come back.
package enum NotifierError: Error, Equatable, Sendable {
    /// The alert certainly did not go out; it may next time.
    case notDelivered(String)
    /// The alert may have gone out: the answer was lost.
    case unclear(String)
    /// Nothing more will go out for a while: neither this alert nor the next.
    case busy(String)
}

extension NotifierError: CustomStringConvertible {
    /// The error in plain words.
    package var description: String {
        switch self {
        case .notDelivered(let reason): "the alert was not delivered: \(reason)"
        case .unclear(let reason): "the alert may or may not have been delivered: \(reason)"
        case .busy(let reason): "the alert must wait: \(reason)"
        }
    }
}
