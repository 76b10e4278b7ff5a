package import Time

/// Delivers alerts over one medium, such as Slack. A new medium is a new implementation.
package protocol Notifier: AnyObject {
    /// The name under which the ledger notes that an alert was delivered, in lower case and without spaces; unique to
    /// the target and the notifier.
    func alertName(for target: AlertTarget) -> String

    /// The reason why an alert has no place, as far as it is known without I/O; else nil. Only an alert without a reason
    /// is claimed, so that the others cost no write.
    func skipReason(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome
    ) -> Delivery.SkipReason?

    /// Finds the place where an alert goes. Nothing is sent.
    ///
    /// - Parameters:
    ///   - query: the query that the alert is about.
    ///   - target: the receiver.
    ///   - outcome: what the settings and the rules say of the alert.
    ///   - deadline: the time by which the place must be found.
    /// - Returns: the place, or the reason why there is none, which a retry would not change.
    /// - Throws: ``NotifierError`` when the alert must be retried.
    func place(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Result<AlertPlace, Delivery.SkipReason>

    /// Delivers one alert, once. The caller holds the lease, so no other delivery of it runs at the time.
    ///
    /// - Throws: ``NotifierError`` when the alert must be retried.
    func deliver(_ posting: AlertPosting, before deadline: Deadline) throws(NotifierError) -> Delivery

    /// Brings the message that began a thread up to date.
    ///
    /// - Parameters:
    ///   - thread: the thread.
    ///   - opening: the content of the message as ``deliver(_:before:)`` returned it.
    ///   - day: the sums to show.
    ///   - deadline: the time by which the update must have ended.
    /// - Throws: ``NotifierError``
    func update(
        _ thread: AlertThread,
        opening: String,
        with day: AlertDay,
        before deadline: Deadline
    ) throws(NotifierError)
}

extension Notifier {
    /// Leaves it to ``place(of:to:under:before:)`` whether an alert has a place.
    package func skipReason(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome
    ) -> Delivery.SkipReason? {
        nil
    }

    /// Does nothing: a medium without threads has no message to update.
    package func update(
        _ thread: AlertThread,
        opening: String,
        with day: AlertDay,
        before deadline: Deadline
    ) throws(NotifierError) {}
}

/// The place where an alert goes.
package struct AlertPlace: Sendable, Equatable {
    /// The conversation's name, unique within the notifier.
    package let conversation: String
    /// The medium's way with more than one alert about a person on a day.
    package let gathering: Gathering
    /// The person to whom the alert is written, if the medium knows who that is.
    package var userID: String?
    package var reader = AlertText.Reader.others
    /// Whether one person alone reads it.
    package var isPersonal = false

    /// The ways in which a medium gathers alerts.
    package enum Gathering: Sendable {
        /// It does not: each alert is a message.
        case none
        /// The alerts after the first go into its thread.
        case threads
        /// It has no threads: it hears the first alert, and the next ones only when the sums have doubled.
        case doublings
    }

    package init(conversation: String, gathering: Gathering) {
        self.conversation = conversation
        self.gathering = gathering
    }
}

/// One alert on its way to its place.
package struct AlertPosting: Sendable, Equatable {
    package let query: FinishedQuery
    package let target: AlertTarget
    package let outcome: RuleOutcome
    package let place: AlertPlace
    /// The thread to which the alert replies; nil for a message of its own.
    package var thread: AlertThread?
    /// Whether a reply is shown outside of its thread too.
    package var isBroadcast = false
    /// Whether the alert tells the day's sums as well.
    package var tellsOfDay = false
    /// The alerts of the day with this one; nil when they are not counted.
    package var day: AlertDay?

    package init(query: FinishedQuery, target: AlertTarget, outcome: RuleOutcome, place: AlertPlace) {
        self.query = query
        self.target = target
        self.outcome = outcome
        self.place = place
    }
}

/// A thread, by the medium's names of the conversation and of the message that began it.
package struct AlertThread: Sendable, Equatable {
    package let channel: String
    package let timestamp: String

    package init(channel: String, timestamp: String) {
        self.channel = channel
        self.timestamp = timestamp
    }
}

/// The final outcome of an alert: no retry would change it.
package enum Delivery: Sendable, Equatable {
    /// The alert went out; a message of its own may begin a thread, and the content is what
    /// ``Notifier/update(_:opening:with:before:)`` takes.
    case delivered(AlertThread? = nil, content: String = "")
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
    /// Nothing was delivered or changed: the thread or its first message does not exist anymore.
    case threadGone(String)
    /// The medium refuses to change a message, now and later.
    case notEditable(String)
}

extension NotifierError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notDelivered(let reason): "the alert was not delivered: \(reason)"
        case .unclear(let reason): "the alert may or may not have been delivered: \(reason)"
        case .busy(let reason): "the alert must wait: \(reason)"
        case .threadGone(let reason): "the thread is gone: \(reason)"
        case .notEditable(let reason): "the message cannot be changed: \(reason)"
        }
    }
}
