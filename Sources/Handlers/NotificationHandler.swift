import AWS
import Alerting
import FoundationEssentials
import JSON
import LambdaRuntime

/// Tells people of the finished queries in a batch of messages. A message that could not be dealt with goes back to the
/// queue by itself; its neighbors do not come again.
struct NotificationHandler: LambdaHandler {
    /// What it takes to note what went out and to report.
    private static let reserve = Duration.seconds(2)
    /// An alert is claimed a little longer than it can take to send.
    private static let claimMargin: TimeInterval = 5

    let store: QueryStore
    let policy: AlertPolicy
    let price: Price
    let notifiers: [any Notifier]

    func handle(_ event: [UInt8], _ context: InvocationContext) throws -> [UInt8] {
        let batch: QueueEvent
        do {
            batch = try JSON.decode(QueueEvent.self, from: event)
        } catch {
            throw HandlerError.unknownEvent("not a batch of messages: \(error)")
        }
        context.metrics.add("Messages", batch.Records.count)
        var failed: [String] = []
        var isBusy = false
        for message in batch.Records {
            let reasons = isBusy ? ["an earlier alert has to wait"] : handle(message, context, &isBusy)
            guard !reasons.isEmpty else { continue }
            failed.append(message.messageId)
            context.metrics.add("MessagesReturned")
            context.log(
                .error,
                "a message goes back to the queue",
                .init("message_id", .string(message.messageId)),
                .init("reason", .string(reasons.joined(separator: "; ")))
            )
        }
        return BatchResponse.json(failedMessageIDs: failed)
    }

    /// Sends the alerts of one message, and says what went wrong; a target that fails does not stop the next.
    private func handle(_ message: QueueEvent.Message, _ context: InvocationContext, _ isBusy: inout Bool) -> [String] {
        var query: FinishedQuery
        do {
            query = try FinishedQuery(message: message.body.utf8)
        } catch {
            return ["not the message of a finished query: \(error)"]
        }
        // Who else puts messages on the queue may not know the price.
        query.cost = query.cost ?? price.cost(of: query)
        let targets = policy.targets(for: query)
        if targets.isEmpty { context.metrics.add("QueriesBelowThresholds") }
        context.metrics.add("AlertsDue", targets.count * notifiers.count)
        var reasons: [String] = []
        for notifier in notifiers {
            for target in targets {
                guard .now < context.deadline(reserving: Self.reserve) else {
                    context.metrics.add("AlertsPostponed")
                    reasons.append("time ran out")
                    continue
                }
                do {
                    try alert(target, of: query, by: notifier, context)
                } catch {
                    context.metrics.add("AlertsFailed")
                    if case .busy = error as? NotifierError { isBusy = true }
                    reasons.append("\(error)")
                }
            }
        }
        return reasons
    }

    private func alert(
        _ target: AlertTarget,
        of query: FinishedQuery,
        by notifier: any Notifier,
        _ context: InvocationContext
    ) throws {
        let alert = notifier.alertName(for: target)
        let deadline = context.deadline(reserving: Self.reserve)
        let remaining = ContinuousClock.now.duration(to: context.deadline).components.seconds
        let claimEnd = Date().addingTimeInterval(TimeInterval(remaining) + Self.claimMargin)
        let token: AttributeValue
        switch try store.claim(alert, of: query.alertKey, until: claimEnd, before: deadline) {
        case .alreadyAlerted:
            context.metrics.add("AlertsAlreadySent")
            return
        case .held:
            throw NotifierError.notDelivered("another invocation is sending it")
        case .granted(let granted): token = granted
        }
        do {
            switch try notifier.deliver(query, to: target, before: deadline) {
            case .delivered:
                context.metrics.add("AlertsSent")
                remember(alert, query, context)
            case .skipped(let reason):
                context.metrics.add("AlertsSkipped\(reason.rawValue)")
                context.log(.info, "nobody to alert", .init("reason", .string(reason.rawValue)))
                release(alert, query, token, context)
            }
        } catch {
            // When the alert may have gone out, the claim stays until it runs out: better late than twice.
            if case .unclear = error {} else { release(alert, query, token, context) }
            throw error
        }
    }

    /// Notes that an alert went out. When even that fails, the message must not come again, or it would alert twice.
    private func remember(_ alert: String, _ query: FinishedQuery, _ context: InvocationContext) {
        do {
            try store.remember(alert, of: query.alertKey, before: context.deadline)
            try store.show(alert, on: query.key, before: context.deadline)
        } catch {
            context.metrics.add("AlertsNotNoted")
            context.log(.error, "an alert went out but could not be noted: \(error)")
        }
    }

    private func release(_ alert: String, _ query: FinishedQuery, _ token: AttributeValue, _ context: InvocationContext)
    {
        do {
            try store.release(alert, of: query.alertKey, token: token, before: context.deadline)
        } catch {
            context.log(.warn, "a claim could not be given back and has to run out: \(error)")
        }
    }
}

/// A batch of messages as Lambda delivers it.
private struct QueueEvent: Decodable {
    let Records: [Message]

    struct Message: Decodable {
        let messageId: String
        let body: String
    }
}
