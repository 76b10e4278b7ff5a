import AWS
import Alerting
import JSON
import LambdaEvents
import LambdaRuntime
import Time

/// Tells people of the finished queries in a batch of messages. A message that could not be dealt with goes back to the
/// queue by itself; its neighbors do not come again.
final class NotificationHandler: LambdaHandler {
    /// What it takes to note what went out and to report.
    private static let reserve = Duration.seconds(2)
    /// What it takes to report. A note that nobody answers must not use that up: Lambda would deliver the batch again.
    private static let reportReserve = Duration.milliseconds(500)
    /// An alert is claimed a little longer than it can take to send.
    private static let claimMargin = Duration.seconds(5)

    /// How long the invocation waits for the notes of an earlier one.
    private static let patienceForOwedNotes = Duration.seconds(2)

    private let store: QueryStore
    private let policy: AlertPolicy
    private let price: Price
    private let notifiers: [any Notifier]
    /// What the table would not note in earlier invocations.
    private var owedNotes: [Note] = []

    init(store: QueryStore, policy: AlertPolicy, price: Price, notifiers: [any Notifier]) {
        self.store = store
        self.policy = policy
        self.price = price
        self.notifiers = notifiers
    }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let batch: QueueBatch
        do {
            batch = try QueueBatch(json: event)
        } catch {
            throw HandlerError.unknownEvent("not a batch of messages: \(error)")
        }
        context.metrics.add("Messages", batch.messages.count)
        makeOwedNotes(context)
        var failed: [String] = []
        var isBusy = false
        for message in batch.messages {
            let reasons = isBusy ? ["an earlier alert has to wait"] : handle(message, context, &isBusy)
            guard !reasons.isEmpty else { continue }
            failed.append(message.id)
            context.metrics.add("MessagesReturned")
            context.log(
                .error,
                "a message goes back to the queue",
                .init("message_id", .string(message.id)),
                .init("reason", .string(reasons.joined(separator: "; ")))
            )
        }
        return QueueBatch.answer(failedMessageIDs: failed)
    }

    /// Sends the alerts of one message, and says what went wrong; a target that fails does not stop the next.
    private func handle(_ message: QueueBatch.Message, _ context: InvocationContext, _ isBusy: inout Bool) -> [String] {
        var query: FinishedQuery
        do {
            query = try FinishedQuery(parsing: message.body.utf8)
        } catch {
            return ["not the message of a finished query: \(error)"]
        }
        // Who else puts messages on the queue may not know the price.
        query.cost = query.cost ?? price.cost(of: query)
        let targets = policy.targets(for: query)
        if targets.isEmpty { context.metrics.add("QueriesBelowThresholds") }
        var waiting = notifiers.flatMap { notifier in targets.map { Alert(target: $0, notifier: notifier) } }
        context.metrics.add("AlertsDue", waiting.count)
        var reasons: [String] = []
        var claimed: [(alert: Alert, token: AttributeValue)] = []
        // All are claimed before the first is sent: a table that takes no claim takes no note either, and what went out
        // without a note would go out again when the message comes back for the other.
        while let alert = waiting.first {
            do {
                if let token = try claim(alert, of: query, context, &reasons) { claimed.append((alert, token)) }
                waiting.removeFirst()
            } catch {
                context.metrics.add("AlertsFailed", waiting.count + claimed.count)
                for (alert, token) in claimed { release(alert, query, token, context) }
                return reasons + ["\(error)"]
            }
        }
        for (index, (alert, token)) in claimed.enumerated() {
            do {
                let others = claimed.count - index - 1
                if let reason = try send(alert, of: query, token, before: others, context) { reasons.append(reason) }
            } catch {
                if case .busy = error { isBusy = true }
                context.metrics.add("AlertsFailed")
                reasons.append("\(error)")
            }
        }
        return reasons
    }

    /// One alert that a query causes.
    private struct Alert {
        let target: AlertTarget
        let notifier: any Notifier

        /// Under which name the alert is remembered.
        var name: String { notifier.alertName(for: target) }
    }

    /// Claims an alert, so that nobody else sends it.
    ///
    /// - Parameter reasons: takes why the message must come again, should that be known already.
    /// - Returns: what gives the claim back; nil when the alert is not to be sent now.
    private func claim(
        _ alert: Alert,
        of query: FinishedQuery,
        _ context: InvocationContext,
        _ reasons: inout [String]
    ) throws(AWSError) -> AttributeValue? {
        let deadline = context.deadline(reserving: Self.reserve)
        guard !deadline.hasPassed else {
            context.metrics.add("AlertsPostponed")
            reasons.append("time ran out")
            return nil
        }
        let end = Timestamp.now + context.deadline.remaining + Self.claimMargin
        switch try store.claim(alert.name, of: query.alertKey, until: end, before: deadline) {
        case .granted(let token):
            return token
        case .alreadyAlerted(let time):
            context.metrics.add("AlertsAlreadySent")
            // Who sent it may have died before its row showed that.
            if let reason = show(alert, query, at: time, context) { reasons.append(reason) }
        case .held:
            context.metrics.add("AlertsFailed")
            reasons.append("another invocation is sending it")
        }
        return nil
    }

    /// Sends an alert that has been claimed.
    ///
    /// - Parameter others: how many alerts of the query come after this one.
    /// - Returns: why the message must come again although the alert has gone out, nil when it need not.
    private func send(
        _ alert: Alert,
        of query: FinishedQuery,
        _ token: AttributeValue,
        before others: Int,
        _ context: InvocationContext
    ) throws(NotifierError) -> String? {
        let deadline = context.deadline(reserving: Self.reserve)
        guard !deadline.hasPassed else {
            context.metrics.add("AlertsPostponed")
            release(alert, query, token, context)
            return "time ran out"
        }
        do throws(NotifierError) {
            switch try alert.notifier.deliver(query, to: alert.target, before: deadline) {
            case .delivered:
                context.metrics.add("AlertsSent")
                return remember(alert, query, before: others, context)
            case .skipped(let reason):
                context.metrics.add("AlertsSkipped\(reason.rawValue)")
                context.log(.info, "nobody to alert", .init("reason", .string(reason.rawValue)))
                release(alert, query, token, context)
                return nil
            }
        } catch {
            // When the alert may have gone out, the claim stays until it runs out: better late than twice.
            if case .unclear = error {} else { release(alert, query, token, context) }
            throw error
        }
    }

    /// Notes that an alert went out. When even that fails, the message must not come again, or it would alert twice.
    private func remember(_ alert: Alert, _ query: FinishedQuery, before others: Int, _ context: InvocationContext)
        -> String?
    {
        let time = QueryStore.time(.now)
        // A note that nobody answers leaves their share of the time to the other alerts, for which the message would
        // come again.
        let deadline =
            others > 0
            ? context.deadline(reserving: Self.reserve).share(of: others + 1)
            : context.deadline(reserving: Self.reportReserve)
        do {
            try store.remember(alert.name, of: query.alertKey, at: time, before: deadline)
        } catch {
            owedNotes.append(Note(alert: alert.name, alertKey: query.alertKey, rowKey: query.key, time: time))
            context.metrics.add("AlertsNotNoted")
            context.log(.error, "an alert went out but could not be noted: \(error)")
            return nil
        }
        return show(alert, query, at: time, context)
    }

    /// That an alert went out at a time.
    private struct Note {
        let alert: String
        let alertKey: QueryKey
        let rowKey: QueryKey
        let time: AttributeValue
    }

    /// Makes up for notes before any alert is claimed, since their messages may be among those that come.
    private func makeOwedNotes(_ context: InvocationContext) {
        let deadline = min(context.deadline(reserving: Self.reserve), .after(Self.patienceForOwedNotes))
        do {
            while let note = owedNotes.first {
                try store.remember(note.alert, of: note.alertKey, at: note.time, before: deadline)
                try store.show(note.alert, on: note.rowKey, at: note.time, before: deadline)
                owedNotes.removeFirst()
            }
        } catch {
            context.log(.warn, "\(owedNotes.count) alerts are still not noted: \(error)")
        }
    }

    /// Shows an alert on its query's row, and says why that has to be tried again, nil when it need not.
    private func show(_ alert: Alert, _ query: FinishedQuery, at time: AttributeValue, _ context: InvocationContext)
        -> String?
    {
        do {
            try store.show(alert.name, on: query.key, at: time, before: context.deadline(reserving: Self.reportReserve))
            return nil
        } catch {
            context.metrics.add("AlertsNotNoted")
            context.log(.error, "an alert went out but its row does not show it: \(error)")
            // A row whose name is none is not there, and will not be.
            return error.code == "ValidationException" ? nil : "\(error)"
        }
    }

    private func release(_ alert: Alert, _ query: FinishedQuery, _ token: AttributeValue, _ context: InvocationContext)
    {
        do {
            try store.release(
                alert.name,
                of: query.alertKey,
                token: token,
                before: context.deadline(reserving: Self.reportReserve)
            )
        } catch {
            context.log(.warn, "a claim could not be given back and has to run out: \(error)")
        }
    }
}
