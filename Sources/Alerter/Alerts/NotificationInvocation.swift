import AWS
import Alerting
import JSON
import LambdaRuntime
import Time

/// One invocation of `notification`: the life of its alerts, each claimed, delivered and recorded.
struct NotificationInvocation {
    /// The time that it takes to record an alert and to report.
    private static let reserve = Duration.seconds(2)
    /// The time that it takes to report. A record that gets no answer must leave it: else Lambda would deliver the batch
    /// again.
    private static let reportReserve = Duration.milliseconds(500)
    /// A claim lasts a little longer than it can take to send the alert.
    private static let claimMargin = Duration.seconds(5)

    let context: InvocationContext
    let records: any AlertRecords
    private var threads: AlertThreads
    private(set) var owedRecords: OwedRecords
    /// Whether Slack has asked for a pause that is longer than this invocation.
    private(set) var isSlackBusy = false

    init(records: any AlertRecords, threads: AlertThreads, owedRecords: OwedRecords) {
        context = threads.context
        self.records = records
        self.threads = threads
        self.owedRecords = owedRecords
    }

    private var sendDeadline: Deadline { context.deadline(reserving: Self.reserve) }
    private var recordDeadline: Deadline { context.deadline(reserving: Self.reportReserve) }

    /// Makes the records that failed in earlier invocations.
    mutating func makeOwedRecords() {
        owedRecords.make(in: records, &threads, before: sendDeadline)
    }

    /// Shows the sums of this invocation's alerts on the first messages of their threads.
    ///
    /// - Returns: the messages that must return to the queue, each with its reason.
    mutating func updateThreads() -> [(messageID: String, reason: String)] {
        threads.update(before: sendDeadline)
    }

    /// Sends the alerts of one query; a target that fails does not stop the next.
    ///
    /// All alerts are claimed before the first is sent: a table that takes no claim takes no record either, and an alert
    /// without a record would go out again when the message returns for the other. Each is recorded as soon as it went
    /// out. The row, which no decision rests on, shows all of them at the end.
    ///
    /// - Returns: the reasons for which the message must return to the queue.
    mutating func deliver(_ alerts: [Alert], of query: FinishedQuery) -> [String] {
        context.metrics.add("AlertsDue", alerts.count)
        let alerts = alerts.filter { !isSkipped($0) && !isOwed($0) }
        let owed = owedRecords.count
        var reasons: [String] = []
        var times: [String: AttributeValue] = [:]
        for (claimed, others) in claim(alerts, of: query, &times, &reasons) {
            guard !sendDeadline.hasPassed else {
                postpone(1, &reasons)
                release(claimed)
                continue
            }
            do {
                times[claimed.alert.name] = try send(claimed, before: others)
            } catch {
                if case .busy = error { isSlackBusy = true }
                context.metrics.add("AlertsFailed")
                reasons.append("\(error)")
            }
        }
        // A message that returned for the row alone would bring an alert again that has no record yet.
        if let reason = show(times, on: query), owedRecords.count == owed { reasons.append(reason) }
        return reasons
    }

    /// Claims alerts, so that no other invocation sends them.
    ///
    /// - Parameters:
    ///   - times: takes the times of the alerts that went out earlier.
    ///   - reasons: takes the reasons for which the message must return to the queue.
    /// - Returns: the alerts to send, each with the number of those that follow it.
    private mutating func claim(
        _ alerts: [Alert],
        of query: FinishedQuery,
        _ times: inout [String: AttributeValue],
        _ reasons: inout [String]
    ) -> [(claimed: ClaimedAlert, others: Int)] {
        guard !alerts.isEmpty else { return [] }
        let deadline = sendDeadline
        guard !deadline.hasPassed else {
            postpone(alerts.count, &reasons)
            return []
        }
        let claims: [AlertLedger.Claim]
        do {
            let end = Timestamp.now + context.deadline.remaining + Self.claimMargin
            claims = try records.claim(alerts.map(\.name), of: query.alertKey, until: end, before: deadline)
        } catch {
            context.metrics.add("AlertsFailed", alerts.count)
            reasons.append("\(error)")
            return []
        }
        var claimed: [ClaimedAlert] = []
        for (alert, claim) in zip(alerts, claims) {
            switch claim {
            case .granted(let token):
                claimed.append(ClaimedAlert(alert: alert, token: token))
            case .alreadyAlerted(let time, let day):
                context.metrics.add("AlertsAlreadySent")
                // The invocation that sent it may have died before the thread or the row showed that.
                if let day { threads.add(day, alert.notifier, messageID: alert.messageID) }
                times[alert.name] = time
            case .held:
                context.metrics.add("AlertsFailed")
                reasons.append("another invocation is sending it")
            }
        }
        return claimed.enumerated().map { ($1, claimed.count - $0 - 1) }
    }

    private func postpone(_ alerts: Int, _ reasons: inout [String]) {
        context.metrics.add("AlertsPostponed", alerts)
        reasons.append("time ran out")
    }

    /// Sends an alert that has been claimed.
    ///
    /// - Parameter others: the number of the query's alerts that follow this one.
    /// - Returns: the time that the row is to show; nil when the alert has no recipient, or no record yet.
    private mutating func send(
        _ claim: ClaimedAlert,
        before others: Int
    ) throws(NotifierError) -> AttributeValue? {
        let alert = claim.alert
        do throws(NotifierError) {
            let found = try alert.notifier.place(
                of: alert.query,
                to: alert.target,
                under: alert.outcome,
                before: sendDeadline
            )
            switch found {
            case .success(let place): return try post(claim, at: place, before: others)
            case .failure(let reason): return skip(claim, reason)
            }
        } catch {
            // When the alert may have gone out, the claim stays until it ends: better late than twice.
            if case .unclear = error {} else { release(claim) }
            throw error
        }
    }

    /// Posts an alert in the form that the day's earlier ones ask for, and records it.
    private mutating func post(
        _ claim: ClaimedAlert,
        at place: AlertPlace,
        before others: Int
    ) throws(NotifierError) -> AttributeValue? {
        let deadline = sendDeadline
        let plan = try threads.plan(of: claim.alert, at: place, before: deadline)
        guard plan.form != .silent else { return try count(claim.alert, plan) }
        do throws(NotifierError) {
            switch try claim.alert.notifier.deliver(plan.posting, before: deadline) {
            case .delivered(let thread, let content):
                context.metrics.add("AlertsSent")
                if let end = claim.alert.query.completionTimestamp.flatMap(Timestamp.init(dateAndTime:)) {
                    context.metrics.note("AlertLatencySeconds", .now - end)
                }
                return record(claim.alert, plan.delivered(beginning: thread, content: content), before: others)
            case .skipped(let reason):
                threads.release(plan, before: recordDeadline)
                return skip(claim, reason)
            }
        } catch .threadGone where plan.posting.thread != nil {
            // The next look finds no thread, so this happens once.
            try threads.forget(plan, before: deadline)
            return try post(claim, at: place, before: others)
        } catch {
            if case .unclear = error {
                threads.addUnclear(plan)
            } else {
                threads.release(plan, before: recordDeadline)
            }
            throw error
        }
    }

    /// Counts an alert that is not posted. Nothing went out, so its message may return and try again.
    private mutating func count(_ alert: Alert, _ plan: AlertPlan) throws(NotifierError) -> AttributeValue? {
        let record = OwedRecords.Record(alert: alert, count: plan.count, time: AlertLedger.time(.now))
        do {
            try record.make(in: records, &threads, returning: alert.messageID, before: recordDeadline)
        } catch {
            throw .notDelivered("the alert could not be counted: \(error)")
        }
        context.metrics.add("AlertsCountedOnly")
        return record.time
    }

    /// Whether it is known without I/O that an alert has no recipient. Such an alert costs no claim.
    private func isSkipped(_ alert: Alert) -> Bool {
        let reason = alert.notifier.skipReason(of: alert.query, to: alert.target, under: alert.outcome)
        if let reason { count(reason) }
        return reason != nil
    }

    /// Whether an earlier invocation of this process sent an alert, and its record is still to be written.
    private func isOwed(_ alert: Alert) -> Bool {
        guard owedRecords.holds(alert) else { return false }
        context.metrics.add("AlertsAlreadySent")
        return true
    }

    private func skip(_ claim: ClaimedAlert, _ reason: Delivery.SkipReason) -> AttributeValue? {
        count(reason)
        release(claim)
        return nil
    }

    private func count(_ reason: Delivery.SkipReason) {
        context.metrics.add("AlertsSkipped\(reason.rawValue)")
        context.log(.info, "the alert has no recipient", .init("reason", .string(reason.rawValue)))
    }

    /// Records that an alert went out. Should the record fail, the message must still not return: it would alert twice.
    private mutating func record(_ alert: Alert, _ plan: AlertPlan, before others: Int) -> AttributeValue? {
        let record = OwedRecords.Record(alert: alert, count: plan.count, time: AlertLedger.time(.now))
        // A record that gets no answer leaves their share of the time to the other alerts, for which the message would
        // return.
        let deadline = others > 0 ? sendDeadline.share(of: others + 1) : recordDeadline
        do {
            try record.make(in: records, &threads, returning: alert.messageID, before: deadline)
        } catch {
            owedRecords.add(record)
            context.metrics.add("AlertsNotNoted")
            context.log(.error, "an alert went out but could not be recorded: \(error)")
            return nil
        }
        return record.time
    }

    /// Shows on a query's row when its alerts went out, and returns the reason to try again, nil when there is none.
    private func show(_ times: [String: AttributeValue], on query: FinishedQuery) -> String? {
        guard !times.isEmpty else { return nil }
        do {
            try records.show(times, on: query.key, before: recordDeadline)
            return nil
        } catch {
            context.metrics.add("AlertsNotNoted", times.count)
            context.log(.error, "an alert went out but its row does not show it: \(error)")
            // A key that DynamoDB refuses belongs to no row, now or later.
            return error.isAboutInput ? nil : "\(error)"
        }
    }

    private func release(_ claim: ClaimedAlert) {
        do {
            let alert = claim.alert
            try records.release(alert.name, of: alert.query.alertKey, token: claim.token, before: recordDeadline)
        } catch {
            context.log(.warn, "a claim could not be released and has to end by itself: \(error)")
        }
    }
}
