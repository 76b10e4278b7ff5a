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

    /// Sends the alerts of one message; a target that fails does not stop the next.
    ///
    /// All alerts are claimed before the first is sent: a table that takes no claim takes no record either, and an alert
    /// without a record would go out again when the message returns for the other.
    ///
    /// - Returns: the reasons for which the message must return to the queue.
    mutating func deliver(_ alerts: [Alert]) -> [String] {
        context.metrics.add("AlertsDue", alerts.count)
        var reasons: [String] = []
        var claimed: [ClaimedAlert] = []
        for (index, alert) in alerts.enumerated() {
            do {
                if let claim = try claim(alert, &reasons) { claimed.append(claim) }
            } catch {
                context.metrics.add("AlertsFailed", alerts.count - index + claimed.count)
                for claim in claimed { release(claim) }
                return reasons + ["\(error)"]
            }
        }
        for (index, claim) in claimed.enumerated() {
            do {
                let others = claimed.count - index - 1
                if let reason = try send(claim, before: others) { reasons.append(reason) }
            } catch {
                if case .busy = error { isSlackBusy = true }
                context.metrics.add("AlertsFailed")
                reasons.append("\(error)")
            }
        }
        return reasons
    }

    /// Claims an alert, so that no other invocation sends it.
    ///
    /// - Parameter reasons: takes the reason for which the message must return to the queue.
    /// - Returns: the claim; nil when the alert is not to be sent now.
    private mutating func claim(_ alert: Alert, _ reasons: inout [String]) throws(AWSError) -> ClaimedAlert? {
        let deadline = sendDeadline
        guard !deadline.hasPassed else {
            context.metrics.add("AlertsPostponed")
            reasons.append("time ran out")
            return nil
        }
        let end = Timestamp.now + context.deadline.remaining + Self.claimMargin
        switch try records.claim(alert.name, of: alert.query.alertKey, until: end, before: deadline) {
        case .granted(let token):
            return ClaimedAlert(alert: alert, token: token)
        case .alreadyAlerted(let time, let day):
            context.metrics.add("AlertsAlreadySent")
            // The invocation that sent it may have died before the thread or the row showed that.
            if let day { threads.add(day, alert.notifier, messageID: alert.messageID) }
            if let reason = show(alert, at: time) { reasons.append(reason) }
        case .held:
            context.metrics.add("AlertsFailed")
            reasons.append("another invocation is sending it")
        }
        return nil
    }

    /// Sends an alert that has been claimed.
    ///
    /// - Parameter others: the number of the query's alerts that follow this one.
    /// - Returns: the reason for which the message must return although the alert has gone out, nil when there is none.
    private mutating func send(_ claim: ClaimedAlert, before others: Int) throws(NotifierError) -> String? {
        let deadline = sendDeadline
        guard !deadline.hasPassed else {
            context.metrics.add("AlertsPostponed")
            release(claim)
            return "time ran out"
        }
        let alert = claim.alert
        do throws(NotifierError) {
            let found = try alert.notifier.place(
                of: alert.query,
                to: alert.target,
                under: alert.outcome,
                before: deadline
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
    ) throws(NotifierError) -> String? {
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
    private mutating func count(_ alert: Alert, _ plan: AlertPlan) throws(NotifierError) -> String? {
        let record = OwedRecords.Record(alert: alert, count: plan.count, time: AlertLedger.time(.now))
        do {
            try record.make(in: records, &threads, returning: alert.messageID, before: recordDeadline)
        } catch {
            throw .notDelivered("the alert could not be counted: \(error)")
        }
        context.metrics.add("AlertsCountedOnly")
        return show(alert, at: record.time)
    }

    private func skip(_ claim: ClaimedAlert, _ reason: Delivery.SkipReason) -> String? {
        context.metrics.add("AlertsSkipped\(reason.rawValue)")
        context.log(.info, "the alert has no recipient", .init("reason", .string(reason.rawValue)))
        release(claim)
        return nil
    }

    /// Records that an alert went out. Should the record fail, the message must still not return: it would alert twice.
    private mutating func record(_ alert: Alert, _ plan: AlertPlan, before others: Int) -> String? {
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
        return show(alert, at: record.time)
    }

    /// Shows an alert on its query's row, and returns the reason to try again, nil when there is none.
    private func show(_ alert: Alert, at time: AttributeValue) -> String? {
        do {
            try records.show(alert.name, on: alert.query.key, at: time, before: recordDeadline)
            return nil
        } catch {
            context.metrics.add("AlertsNotNoted")
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
