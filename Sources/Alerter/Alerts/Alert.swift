import AWS
import Alerting

/// One alert: a query, the target that hears about it, and the notifier that carries it.
struct Alert {
    let query: FinishedQuery
    let target: AlertTarget
    let outcome: RuleOutcome
    let notifier: any Notifier
    /// The queue's message that asks for it.
    let messageID: String

    /// The name under which the alert is recorded. A warning of a query that still runs is an alert of its own.
    var name: String { (query.warnedTargets == nil ? "" : "running_") + notifier.alertName(for: target) }
}

/// An alert that this invocation may send, and the token that releases the claim.
struct ClaimedAlert {
    let alert: Alert
    let token: AttributeValue
}
