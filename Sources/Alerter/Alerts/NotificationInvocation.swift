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
    private(set) var owedRecords: OwedRecords
    /// Whether Slack has asked for a pause that is longer than this invocation.
    private(set) var isSlackBusy = false

    init(context: InvocationContext, records: any AlertRecords, owedRecords: OwedRecords) {
        self.context = context
        self.records = records
        self.owedRecords = owedRecords
    }

    private var sendDeadline: Deadline { context.deadline(reserving: Self.reserve) }
    private var recordDeadline: Deadline { context.deadline(reserving: Self.reportReserve) }

    /// Makes the records that failed in earlier invocations.
    mutating func makeOwedRecords() {
        owedRecords.make(in: records, context, before: sendDeadline)
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
    private func claim(_ alert: Alert, _ reasons: inout [String]) throws(AWSError) -> ClaimedAlert? {
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
        case .alreadyAlerted(let time):
            context.metrics.add("AlertsAlreadySent")
            // The invocation that sent it may have died before the row showed that.
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
        do throws(NotifierError) {
            let alert = claim.alert
            let delivery = try alert.notifier.deliver(
                alert.query,
                to: alert.target,
                under: alert.outcome,
                before: deadline
            )
            switch delivery {
            case .delivered:
                context.metrics.add("AlertsSent")
                return record(alert, before: others)
            case .skipped(let reason):
                context.metrics.add("AlertsSkipped\(reason.rawValue)")
                context.log(.info, "the alert has no recipient", .init("reason", .string(reason.rawValue)))
                release(claim)
                return nil
            }
        } catch {
            // When the alert may have gone out, the claim stays until it ends: better late than twice.
            if case .unclear = error {} else { release(claim) }
            throw error
        }
    }

    /// Records that an alert went out. Should the record fail, the message must still not return: it would alert twice.
    private mutating func record(_ alert: Alert, before others: Int) -> String? {
        let time = AlertLedger.time(.now)
        // A record that gets no answer leaves their share of the time to the other alerts, for which the message would
        // return.
        let deadline = others > 0 ? sendDeadline.share(of: others + 1) : recordDeadline
        do {
            try records.record(alert.name, of: alert.query.alertKey, at: time, before: deadline)
        } catch {
            owedRecords.add(
                .init(alert: alert.name, alertKey: alert.query.alertKey, rowKey: alert.query.key, time: time)
            )
            context.metrics.add("AlertsNotNoted")
            context.log(.error, "an alert went out but could not be recorded: \(error)")
            return nil
        }
        return show(alert, at: time)
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
            return error.code == "ValidationException" ? nil : "\(error)"
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
