import AWS
import Alerting
import JSON
import LambdaEvents
import LambdaRuntime
import Time

/// Records of alerts, as the handler needs them. See ``AlertLedger`` for the meaning of each.
protocol AlertRecords {
    func claim(
        _ alerts: [String],
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> [AlertLedger.Claim]
    func record(_ alert: String, of key: QueryKey, at time: AttributeValue, before deadline: Deadline) throws(AWSError)
    func show(_ times: [String: AttributeValue], on key: QueryKey, before deadline: Deadline) throws(AWSError)
    func release(
        _ alert: String,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError)
}

extension AlertLedger: AlertRecords {}

/// Tells people about the finished queries in a batch of messages. A message that fails returns to the queue by itself;
/// its neighbors are done.
final class NotificationHandler: LambdaHandler {
    private let settings: AlerterSettings
    private let price: Price
    private let notifiers: [any Notifier]
    private let records: any AlertRecords
    private let days: any DayRecords
    /// Counts the queries; nil without budgets.
    var budgets: BudgetWatch?
    /// Looks up hints for the notifiers; nil without hints.
    var hints: HintSource?
    /// The records that failed in earlier invocations.
    private var owedRecords = OwedRecords()

    init(
        records: any AlertRecords,
        days: any DayRecords,
        settings: AlerterSettings,
        price: Price,
        notifiers: [any Notifier]
    ) {
        self.records = records
        self.days = days
        self.settings = settings
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
        let date = settings.timeZone.date(of: .now)
        let threads = AlertThreads(days: days, quiet: settings.quiet, date: date, context: context)
        var invocation = NotificationInvocation(records: records, threads: threads, owedRecords: owedRecords)
        defer {
            owedRecords = invocation.owedRecords
            hints?.report(to: context)
        }
        invocation.makeOwedRecords()
        var returned: [(messageID: String, reason: String)] = []
        for (message, reasons) in zip(batch.messages, reasons(of: batch, &invocation)) where !reasons.isEmpty {
            returned.append((message.id, reasons.joined(separator: "; ")))
        }
        var known = Set(returned.map(\.messageID))
        returned += invocation.updateThreads().filter { known.insert($0.messageID).inserted }
        for message in returned {
            context.metrics.add("MessagesReturned")
            context.log(
                .error,
                "a message returns to the queue",
                .init("message_id", .string(message.messageID)),
                .init("reason", .string(message.reason))
            )
        }
        return QueueBatch.answer(failedMessageIDs: returned.map(\.messageID))
    }

    /// Counts a batch, sends its alerts, and then the notices of the budgets that it has brought to a step.
    ///
    /// - Returns: the reasons for which each message must return to the queue; none for one that is done.
    private func reasons(of batch: QueueBatch, _ invocation: inout NotificationInvocation) -> [[String]] {
        let queries = batch.messages.map(query)
        let count = budgets?.count(queries, invocation.context)
        var reasons: [[String]] = []
        for (position, query) in queries.enumerated() {
            if let failure = count?.failures[position] {
                reasons.append([failure])
            } else if invocation.isSlackBusy {
                reasons.append(["an earlier alert has to wait"])
            } else {
                do {
                    var query = try query.get()
                    query.budgets = count?.standings(at: position) ?? []
                    reasons.append(deliver(query, of: batch.messages[position].id, &invocation))
                } catch {
                    reasons.append(["not the message of a finished query: \(error)"])
                }
            }
        }
        guard let budgets, let count else { return reasons }
        let unsent = budgets.tell(count, invocation.context, isSlackBusy: invocation.isSlackBusy)
        for (position, reason) in unsent { reasons[position].append(reason) }
        return reasons
    }

    private func query(in message: QueueBatch.Message) -> Result<FinishedQuery, JSONError> {
        Result { () throws(JSONError) in
            var query = try FinishedQuery(parsing: message.body.utf8)
            // Other producers may put messages without a price on the queue.
            query.cost = query.cost ?? price.cost(of: query)
            return query
        }
    }

    /// Sends the alerts of one query.
    ///
    /// - Returns: the reasons for which the message must return to the queue; none when it is done.
    private func deliver(
        _ query: FinishedQuery,
        of messageID: String,
        _ invocation: inout NotificationInvocation
    ) -> [String] {
        let outcome = settings.rules.outcome(for: query, defaults: settings)
        guard !outcome.isIgnored else {
            invocation.context.metrics.add("QueriesIgnored")
            return []
        }
        let policy = AlertPolicy(thresholds: outcome.thresholds, alerts: settings.alerts)
        let targets = query.warnedTargets ?? policy.targets(for: query)
        if targets.isEmpty { invocation.context.metrics.add("QueriesBelowThresholds") }
        var query = query
        if !targets.isEmpty { query.fingerprint = hints?.fingerprint(of: query) }
        let alerts = notifiers.flatMap { notifier in
            targets.map { target in
                Alert(
                    query: query,
                    target: target,
                    outcome: outcome,
                    notifier: notifier,
                    messageID: messageID
                )
            }
        }
        return invocation.deliver(alerts, of: query)
    }
}
