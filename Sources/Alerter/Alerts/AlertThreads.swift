import AWS
import Alerting
import LambdaRuntime
import System
import Time

/// The days' sums and threads, as the handler needs them. See ``DayLedger`` for the meaning of each.
protocol DayRecords {
    func day(_ key: QueryKey, before deadline: Deadline) throws(AWSError) -> StoredDay
    func opening(of thread: AlertThread, on key: QueryKey, before deadline: Deadline) throws(AWSError) -> String?
    func lease(
        _ task: DayAttribute.Lease,
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> AttributeValue?
    func release(
        _ task: DayAttribute.Lease,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError)
    func record(
        _ alert: String,
        of key: QueryKey,
        at time: AttributeValue,
        counted count: CountedAlert,
        before deadline: Deadline
    ) throws(AWSError) -> StoredDay
    func finishUpdate(
        of key: QueryKey,
        showing queries: Int64,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) -> Bool
    func forget(_ thread: AlertThread, of key: QueryKey, before deadline: Deadline) throws(AWSError)
}

extension DayLedger: DayRecords {}

/// The threads of one invocation's alerts: the form of each alert, and the first messages that must be brought up to date.
struct AlertThreads {
    /// The pause before another look at a thread that another invocation begins.
    private static let pause = Duration.milliseconds(250)
    /// The number of looks.
    private static let looks = 16
    /// A lease lasts a little longer than the invocation.
    private static let leaseMargin = Duration.seconds(5)

    let days: any DayRecords
    let quiet: AlerterSettings.Quiet
    /// The day, `YYYY-MM-DD`.
    let date: String
    let context: InvocationContext
    /// Threads whose first message may not show the sums, and the message that returns when it cannot be updated.
    private var outdated: [QueryKey: (notifier: any Notifier, messageID: String?)] = [:]
    /// The tokens with which the records of this invocation lease the updates of first messages.
    private var updateTokens: [QueryKey: AttributeValue] = [:]
    /// Threads that may have begun here with a message of which no answer came. The lease keeps others waiting.
    private var unclear: Set<QueryKey> = []

    init(days: any DayRecords, quiet: AlerterSettings.Quiet, date: String, context: InvocationContext) {
        self.days = days
        self.quiet = quiet
        self.date = date
        self.context = context
    }

    private var leaseEnd: Timestamp { .now + context.deadline.remaining + Self.leaseMargin }

    /// Decides on the form of an alert, and leases the right to begin the day's thread where there is none.
    ///
    /// - Throws: ``NotifierError`` when the table does not answer, or another invocation takes long to begin the thread.
    func plan(
        of alert: Alert,
        at place: AlertPlace,
        before deadline: Deadline
    ) throws(NotifierError) -> AlertPlan {
        let gathering = quiet.thread == .day ? place.gathering : .none
        let posting = AlertPosting(query: alert.query, target: alert.target, outcome: alert.outcome, place: place)
        let isTold = alert.outcome.messages.tellOfDay && alert.query.warnedTargets == nil
        guard gathering != .none || isTold,
            let key = DayLedger.key(
                date: date,
                alert: alert.notifier.alertName(for: alert.target),
                conversation: place.conversation,
                person: alert.query.user
            )
        else { return AlertPlan(posting: posting) }
        var token: AttributeValue?
        for _ in 0..<(unclear.contains(key) ? 0 : Self.looks) {
            let stored = try day(key, before: deadline)
            let plan = AlertPlan(posting: posting, gathering: gathering, key: key, stored: stored, opening: token)
            if token != nil {
                if plan.form != .opening { release(plan, before: deadline) }
                return plan
            }
            guard plan.form == .opening else { return plan }
            // Another invocation may begin the thread between the look and the lease, so the day is read again.
            token = try table { () throws(AWSError) in
                try days.lease(.opening, of: key, until: leaseEnd, before: deadline)
            }
            guard token == nil else { continue }
            guard deadline.allows(Self.pause) else { break }
            Pause.sleep(Self.pause)
        }
        throw .notDelivered("the message that begins the thread is still on its way")
    }

    /// Notes that the message with which a thread was to begin may have gone out.
    mutating func addUnclear(_ plan: AlertPlan) {
        if let key = plan.count?.key, plan.openingToken != nil { unclear.insert(key) }
    }

    /// Releases the right to begin the thread, because no message went out.
    func release(_ plan: AlertPlan, before deadline: Deadline) {
        guard let key = plan.count?.key, let token = plan.openingToken else { return }
        do {
            try days.release(.opening, of: key, token: token, before: deadline)
        } catch {
            context.log(.warn, "the right to begin a thread could not be released and has to end by itself: \(error)")
        }
    }

    /// Forgets the thread of an alert that could not be posted there.
    func forget(_ plan: AlertPlan, before deadline: Deadline) throws(NotifierError) {
        guard let key = plan.count?.key, let thread = plan.posting.thread else { return }
        context.metrics.add("ThreadsLost")
        try table { () throws(AWSError) in try days.forget(thread, of: key, before: deadline) }
    }

    /// The token with which a record may lease the update of the first message; nil without threads.
    mutating func updateToken(of key: QueryKey) -> AttributeValue? {
        guard quiet.thread == .day else { return nil }
        let token = updateTokens[key] ?? .leaseToken(until: leaseEnd)
        updateTokens[key] = token
        return token
    }

    /// Notes that the first message of a day's thread may not show the sums.
    mutating func add(_ key: QueryKey, _ notifier: any Notifier, messageID: String?) {
        guard quiet.thread == .day else { return }
        outdated[key] = (notifier, messageID ?? outdated[key]?.messageID)
    }

    /// Brings the first messages up to date, one update for all alerts of the batch.
    ///
    /// - Returns: the messages that must return to the queue, so that an update is made later, each with its reason.
    mutating func update(before deadline: Deadline) -> [(messageID: String, reason: String)] {
        let threads = outdated.sorted { $0.key.startKey < $1.key.startKey }
        outdated = [:]
        return threads.compactMap { key, thread in
            do throws(NotifierError) {
                try update(key, by: thread.notifier, before: deadline)
                return nil
            } catch {
                context.metrics.add("ThreadsNotUpdated")
                context.log(.warn, "a thread's first message does not show the sums yet: \(error)")
                return thread.messageID.map { ($0, "the day's sums are not shown: \(error)") }
            }
        }
    }

    /// Shows a day's sums on the first message of its thread.
    ///
    /// One invocation at a time does this, so that an older sum never replaces a newer one. The one with the lease shows
    /// what others count meanwhile, or returns the message that makes another invocation do it.
    private func update(
        _ key: QueryKey,
        by notifier: any Notifier,
        before deadline: Deadline
    ) throws(NotifierError) {
        guard let (token, first) = try leased(key, before: deadline) else { return }
        do throws(NotifierError) {
            var stored = first
            while stored.isOutdated, let thread = stored.thread {
                let opening = try opening(of: thread, in: stored, of: key, before: deadline)
                do throws(NotifierError) {
                    try notifier.update(thread, opening: opening, with: stored.day, before: deadline)
                    context.metrics.add("ThreadsUpdated")
                } catch .threadGone {
                    context.metrics.add("ThreadsLost")
                    try table { () throws(AWSError) in try days.forget(thread, of: key, before: deadline) }
                } catch .notEditable(let reason) {
                    context.log(.warn, "a thread's first message cannot show the sums: \(reason)")
                }
                let queries = stored.day.queries
                let isDone = try table { () throws(AWSError) in
                    try days.finishUpdate(of: key, showing: queries, token: token, before: deadline)
                }
                if isDone { return }
                stored = try day(key, before: deadline)
            }
            release(key, token, deadline)
        } catch {
            release(key, token, deadline)
            throw error
        }
    }

    /// Leases the update of a day's first message, unless the record of an alert has done so.
    ///
    /// - Returns: the lease's token, and the day under the lease; nil when there is nothing to show, or another invocation
    ///   shows it.
    private func leased(
        _ key: QueryKey,
        before deadline: Deadline
    ) throws(NotifierError) -> (token: AttributeValue, day: StoredDay)? {
        let own = updateTokens[key]
        do throws(NotifierError) {
            let stored = try day(key, before: deadline)
            if let own, stored.updateLease == own { return (own, stored) }
            guard stored.isOutdated else { return nil }
        } catch {
            if let own { release(key, own, deadline) }
            throw error
        }
        let token = try table { () throws(AWSError) in
            try days.lease(.update, of: key, until: leaseEnd, before: deadline)
        }
        guard let token else { return nil }
        do throws(NotifierError) {
            return (token, try day(key, before: deadline))
        } catch {
            release(key, token, deadline)
            throw error
        }
    }

    private func day(_ key: QueryKey, before deadline: Deadline) throws(NotifierError) -> StoredDay {
        try table { () throws(AWSError) in try days.day(key, before: deadline) }
    }

    /// The content of a thread's first message; empty when it is not known.
    private func opening(
        of thread: AlertThread,
        in stored: StoredDay,
        of key: QueryKey,
        before deadline: Deadline
    ) throws(NotifierError) -> String {
        if let opening = stored.opening { return opening }
        return try table { () throws(AWSError) in try days.opening(of: thread, on: key, before: deadline) } ?? ""
    }

    private func release(_ key: QueryKey, _ token: AttributeValue, _ deadline: Deadline) {
        do {
            try days.release(.update, of: key, token: token, before: deadline)
        } catch {
            context.log(.warn, "the lease of a thread could not be released and has to end by itself: \(error)")
        }
    }

    private func table<Answer>(_ call: () throws(AWSError) -> Answer) throws(NotifierError) -> Answer {
        do {
            return try call()
        } catch {
            throw .notDelivered("\(error)")
        }
    }
}
