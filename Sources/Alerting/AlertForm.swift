/// The form in which a conversation hears of an alert, given the day's earlier ones.
package enum AlertForm: Sendable, Equatable {
    /// A message that stands alone, with the day's sums or without.
    case message(tellsOfDay: Bool)
    /// The message with which the day begins; the later alerts go into its thread.
    case opening
    /// A reply in the day's thread; a broadcast is shown outside of it too, with the day's sums.
    case reply(AlertThread, isBroadcast: Bool)
    /// No message: the alert is counted, and the next message tells of it.
    case silent

    /// Decides on the form.
    ///
    /// - Parameters:
    ///   - gathering: what the medium can do.
    ///   - day: the day with the alert.
    ///   - thread: the day's thread, if there is one.
    ///   - isWarning: whether the query still runs: it can be stopped now, so the alert must not be hidden in a thread.
    package init(_ gathering: AlertPlace.Gathering, on day: AlertDay, thread: AlertThread?, isWarning: Bool = false) {
        switch gathering {
        case .threads where isWarning: self = thread.map { .reply($0, isBroadcast: true) } ?? .opening
        case .doublings where isWarning: self = .message(tellsOfDay: false)
        case .none: self = .message(tellsOfDay: false)
        case .threads: self = thread.map { .reply($0, isBroadcast: day.hasDoubled) } ?? .opening
        case .doublings where day.announced == nil: self = .opening
        case .doublings: self = day.hasDoubled ? .message(tellsOfDay: true) : .silent
        }
    }

    /// Whether the message is shown outside of a thread.
    package var isAnnounced: Bool {
        switch self {
        case .message, .opening, .reply(_, isBroadcast: true): true
        case .reply, .silent: false
        }
    }
}
