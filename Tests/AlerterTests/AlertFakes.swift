import Alerting
import JSON
import LambdaRuntime
import Time

@testable import AWS
@testable import Alerter

/// The ledger of alerts in memory, by the alert's name and the execution's id. Each kind of call can fail.
final class FakeRecords: SummaryRecords {
    var claims: [String: AttributeValue] = [:]
    var recorded: [String: AttributeValue] = [:]
    /// The names that each write to a row shows.
    var shown: [[String]] = []
    var claimFailure: AWSError?
    var recordFailure: AWSError?
    /// The alerts whose records alone fail.
    var unrecorded: Set<String> = []
    var showFailure: AWSError?
    /// The days in which alerts count.
    var daysOfAlerts: [String: QueryKey] = [:]
    private var count = 0

    /// The names of each claim's alerts.
    private(set) var claimed: [[String]] = []

    func claim(
        _ alerts: [String],
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> [AlertLedger.Claim] {
        if let claimFailure { throw claimFailure }
        claimed.append(alerts)
        return alerts.map { claim(Self.name($0, key)) }
    }

    private func claim(_ alert: String) -> AlertLedger.Claim {
        if let time = recorded[alert] { return .alreadyAlerted(at: time, in: daysOfAlerts[alert]) }
        guard claims[alert] == nil else { return .held }
        count += 1
        let token = AttributeValue.integer(Int64(count))
        claims[alert] = token
        return .granted(token: token)
    }

    func record(_ alert: String, of key: QueryKey, at time: AttributeValue, before deadline: Deadline) throws(AWSError)
    {
        if let recordFailure { throw recordFailure }
        if unrecorded.contains(alert) { throw unavailable }
        recorded[Self.name(alert, key)] = time
        claims[Self.name(alert, key)] = nil
    }

    func show(_ times: [String: AttributeValue], on key: QueryKey, before deadline: Deadline) throws(AWSError) {
        if let showFailure { throw showFailure }
        shown.append(times.keys.sorted())
    }

    func release(
        _ alert: String,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let alert = Self.name(alert, key)
        if claims[alert] == token { claims[alert] = nil }
    }

    /// All that is recorded: this ledger has one partition.
    func recorded(
        _ alert: String,
        in partition: String,
        before deadline: Deadline
    ) throws(AWSError) -> Set<String> {
        Set(recorded.keys.filter { $0.hasPrefix("\(alert) ") }.map { "#\($0.dropFirst(alert.count + 1))" })
    }

    static func name(_ alert: String, _ key: QueryKey) -> String { "\(alert) \(key.executionID)" }
}

/// The days' sums in memory. Each kind of call can fail.
final class FakeDays: DayRecords {
    let records: FakeRecords
    var days: [QueryKey: StoredDay] = [:]
    /// The contents of the messages that began threads, by the threads' timestamps.
    var openings: [String: String] = [:]
    var leases: [String: AttributeValue] = [:]
    var failure: AWSError?
    var recordFailure: AWSError?
    /// The failure of the next record alone.
    var refusedOnce: AWSError?
    /// The failure of the next record, which is made nevertheless.
    var lostAnswer: AWSError?
    /// The leases that were asked for by themselves.
    private(set) var leased: [DayAttribute.Lease] = []
    /// Alerts that others count between a look and a record, or during an update.
    var others: [FinishedQuery] = []

    init(_ records: FakeRecords) {
        self.records = records
    }

    /// The only day.
    var day: StoredDay { days.values.first ?? StoredDay() }

    func day(_ key: QueryKey, before deadline: Deadline) throws(AWSError) -> StoredDay {
        if let failure { throw failure }
        return stored(key)
    }

    private func stored(_ key: QueryKey) -> StoredDay {
        var day = days[key] ?? StoredDay()
        day.updateLease = leases[DayAttribute.Lease.update.rawValue]
        return day
    }

    func opening(of thread: AlertThread, on key: QueryKey, before deadline: Deadline) throws(AWSError) -> String? {
        if let failure { throw failure }
        return openings[thread.timestamp]
    }

    func lease(
        _ task: DayAttribute.Lease,
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> AttributeValue? {
        guard leases[task.rawValue] == nil else { return nil }
        leased.append(task)
        leases[task.rawValue] = .leaseToken(until: end)
        return leases[task.rawValue]
    }

    func release(
        _ task: DayAttribute.Lease,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        if leases[task.rawValue] == token { leases[task.rawValue] = nil }
    }

    func record(
        _ alert: String,
        of key: QueryKey,
        at time: AttributeValue,
        counted count: CountedAlert,
        before deadline: Deadline
    ) throws(AWSError) -> StoredDay {
        if let recordFailure { throw recordFailure }
        if let refusedOnce {
            self.refusedOnce = nil
            throw refusedOnce
        }
        countOthers(in: count.key)
        let name = FakeRecords.name(alert, key)
        guard records.recorded[name] == nil else { return stored(count.key) }
        try records.record(alert, of: key, at: time, before: deadline)
        records.daysOfAlerts[name] = count.key
        let next = count.day(after: stored(count.key))
        days[count.key] = next
        leases[DayAttribute.Lease.update.rawValue] = next.updateLease
        if let began = count.began { openings[began.thread.timestamp] = began.content }
        if count.isOpening { leases[DayAttribute.Lease.opening.rawValue] = nil }
        if let lostAnswer {
            self.lostAnswer = nil
            throw lostAnswer
        }
        return next
    }

    func finishUpdate(
        of key: QueryKey,
        showing queries: Int64,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) -> Bool {
        countOthers(in: key)
        guard leases[DayAttribute.Lease.update.rawValue] == token else { return true }
        guard days[key]?.day.queries == queries else { return false }
        days[key]?.shownQueries = queries
        leases[DayAttribute.Lease.update.rawValue] = nil
        return true
    }

    func forget(_ thread: AlertThread, of key: QueryKey, before deadline: Deadline) throws(AWSError) {
        if days[key]?.thread == thread { days[key]?.thread = nil }
    }

    private func countOthers(in key: QueryKey) {
        for query in others { days[key, default: StoredDay()].day = day.day.adding(query, over: nil) }
        others = []
    }
}

/// A notifier in memory, with an outcome for each target. It has threads when told so.
final class FakeNotifier: Notifier {
    var outcomes: [AlertTarget: Result<Delivery, NotifierError>] = [:]
    /// Reasons that are answered in place of a place, by target.
    var skips: [AlertTarget: Delivery.SkipReason] = [:]
    /// Reasons that are known without I/O.
    var earlySkips: [AlertTarget: Delivery.SkipReason] = [:]
    var gathering = AlertPlace.Gathering.none
    /// The failures of posts, and of updates, in turn.
    var postFailures: [NotifierError] = []
    var updateFailures: [NotifierError] = []
    private(set) var delivered: [AlertTarget] = []
    private(set) var postings: [AlertPosting] = []
    private(set) var updates: [(thread: AlertThread, opening: String, day: AlertDay)] = []

    var queries: [FinishedQuery] { postings.map(\.query) }
    var outcomesOfRules: [RuleOutcome] { postings.map(\.outcome) }

    func alertName(for target: AlertTarget) -> String { target.rawValue }

    func skipReason(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome
    ) -> Delivery.SkipReason? {
        earlySkips[target]
    }

    func place(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Result<AlertPlace, Delivery.SkipReason> {
        if let reason = skips[target] { return .failure(reason) }
        return .success(AlertPlace(conversation: "C", gathering: gathering))
    }

    func deliver(_ posting: AlertPosting, before deadline: Deadline) throws(NotifierError) -> Delivery {
        delivered.append(posting.target)
        postings.append(posting)
        if !postFailures.isEmpty { throw postFailures.removeFirst() }
        let thread = gathering == .threads ? AlertThread(channel: "C", timestamp: "\(postings.count)") : nil
        return try (outcomes[posting.target] ?? .success(.delivered(thread, content: "first \(postings.count)"))).get()
    }

    func update(
        _ thread: AlertThread,
        opening: String,
        with day: AlertDay,
        before deadline: Deadline
    ) throws(NotifierError) {
        if !updateFailures.isEmpty { throw updateFailures.removeFirst() }
        updates.append((thread, opening, day))
    }
}
