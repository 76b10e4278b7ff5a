package import Time

/// Delivers alerts over one medium, such as Slack. A new medium is a new implementation.
package protocol Notifier: AnyObject {
    /// The name under which the ledger notes that an alert was delivered, in lower case and without spaces; unique to
    /// the target and the notifier.
    func alertName(for target: AlertTarget) -> String

    /// Delivers one alert to one target, once. The caller holds the lease, so no other delivery of it runs at the time.
    ///
    /// - Parameters:
    ///   - query: the query that the alert is about.
    ///   - target: the receiver.
    ///   - outcome: what the settings and the rules say of the alert.
    ///   - deadline: the time by which the delivery must have ended.
    /// - Returns: the outcome, when a retry would not change it.
    /// - Throws: ``NotifierError`` when the alert must be retried.
    func deliver(
        _ query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery
}

/// The final outcome of an alert: no retry would change it.
package enum Delivery: Sendable, Equatable {
    case delivered
    /// The alert has no receiver.
    case skipped(SkipReason)

    /// The reason why an alert has no receiver, in a word for the metrics.
    package enum SkipReason: String, Sendable, Error {
        /// The settings do not name the target.
        case targetNotSet = "TargetNotSet"
        /// The user is a program, a service or the account itself.
        case notAPerson = "NotAPerson"
        /// The medium has no user of that name.
        case unknownPerson = "UnknownPerson"
        /// A rule says that the person does not hear, nor anyone else instead.
        case byRule = "ByRule"
    }
}

/// A failed delivery: the alert's message must return to the queue.
package enum NotifierError: Error, Equatable, Sendable {
    /// The alert was certainly not delivered; a retry may succeed.
    case notDelivered(String)
    /// The alert may have been delivered: the answer was lost or does not tell.
    case unclear(String)
    /// The medium accepts no alert for a while.
    case busy(String)
}

extension NotifierError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notDelivered(let reason): "the alert was not delivered: \(reason)"
        case .unclear(let reason): "the alert may or may not have been delivered: \(reason)"
        case .busy(let reason): "the alert must wait: \(reason)"
        }
    }
}
