import AWS
import Alerting

/// The plan for one alert: its form, and the day in whose sums it counts.
struct AlertPlan {
    let form: AlertForm
    private(set) var posting: AlertPosting
    /// The alert's share in the day's sums; nil when it is not counted.
    private(set) var count: CountedAlert?
    /// The lease of the right to begin the day's thread.
    let openingToken: AttributeValue?

    /// Creates the plan of an alert that stands alone.
    init(posting: AlertPosting) {
        form = .message(tellsOfDay: false)
        self.posting = posting
        openingToken = nil
    }

    /// Creates the plan of an alert that counts in a day's sums.
    init(
        posting: AlertPosting,
        gathering: AlertPlace.Gathering,
        key: QueryKey,
        stored: StoredDay,
        opening token: AttributeValue?
    ) {
        let threshold = posting.outcome.thresholds.reached(by: posting.query, for: posting.target)
        let isWarning = posting.query.warnedTargets != nil
        let day = isWarning ? stored.day : stored.day.adding(posting.query, over: threshold)
        form = AlertForm(gathering, on: day, thread: stored.thread, isWarning: isWarning)
        openingToken = token
        self.posting = posting
        self.posting.day = day
        switch form {
        case .message(let tellsOfDay): self.posting.tellsOfDay = tellsOfDay
        case .reply(let thread, let isBroadcast):
            self.posting.thread = thread
            self.posting.isBroadcast = isBroadcast
            self.posting.tellsOfDay = isBroadcast
        case .opening, .silent: break
        }
        var count = CountedAlert(key: key, query: posting.query, threshold: threshold, seen: stored)
        count.isCounted = !isWarning
        count.isAnnounced = form.isAnnounced && (!isWarning || form == .opening)
        count.isOpening = form == .opening
        self.count = count
    }

    /// The plan after the alert went out, which may have begun a thread.
    func delivered(beginning thread: AlertThread?, content: String) -> AlertPlan {
        var plan = self
        guard form == .opening, let thread else { return plan }
        plan.count?.began = (thread, content)
        return plan
    }
}
