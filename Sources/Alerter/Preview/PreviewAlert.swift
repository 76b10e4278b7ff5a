import Alerting
import CloudTrail

/// An alert that a query would have caused, with the decisions that `notification` makes. Whether Slack knows a person
/// is not asked.
struct PreviewAlert: Equatable {
    /// The receiver of an alert, or the reason why it has none.
    enum Receiver: Hashable {
        case person(String)
        case channel(String)
        case nobody(Delivery.SkipReason)
    }

    let target: AlertTarget
    let receiver: Receiver

    /// The alerts of a query; nil when a rule ignores it.
    static func alerts(of query: FinishedQuery, settings: AlerterSettings) -> [PreviewAlert]? {
        let outcome = settings.rules.outcome(for: query, defaults: settings)
        guard !outcome.isIgnored else { return nil }
        let policy = AlertPolicy(thresholds: outcome.thresholds, alerts: settings.alerts)
        return policy.targets(for: query).map { target in
            PreviewAlert(target: target, receiver: receiver(of: query, target, outcome, settings))
        }
    }

    /// The receiver of a query's alert or of a budget's notice.
    static func receiver(
        of query: FinishedQuery,
        _ target: AlertTarget,
        _ outcome: RuleOutcome,
        _ settings: AlerterSettings
    ) -> Receiver {
        let slack = settings.slack
        switch target {
        case .channel:
            if slack.botToken != nil, let channel = outcome.channel { return .channel(channel) }
            return slack.webhookURL == nil ? .nobody(.targetNotSet) : .channel("the webhook's channel")
        case .user:
            guard slack.botToken != nil else { return .nobody(.targetNotSet) }
            let recipients = Recipients(settings)
            switch recipients.receiver(of: query, under: outcome) {
            case .success(let receiver): return Receiver(receiver)
            case .failure(.unknownPerson) where query.userSource == .sqlComment:
                return recipients.owner(of: query).map(Receiver.init) ?? .nobody(.unknownPerson)
            case .failure(let reason): return .nobody(reason)
            }
        }
    }
}

extension PreviewAlert.Receiver {
    init(_ receiver: People.Receiver) {
        switch receiver {
        case .address(let address): self = .person(address)
        case .slackUser(let id): self = .person(id)
        case .channel(let channel): self = .channel(channel)
        }
    }

    /// The receiver's name, or the reason why there is none.
    var name: String {
        switch self {
        case .person(let name), .channel(let name): name
        case .nobody(let reason): "nobody (\(reason.rawValue))"
        }
    }
}
