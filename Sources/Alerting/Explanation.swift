/// The effect of the settings on a query: the rules that apply, the receivers, and the reasons.
package struct Explanation: Sendable {
    private let query: FinishedQuery
    private let settings: AlerterSettings
    private let outcome: RuleOutcome

    package init(of query: FinishedQuery, settings: AlerterSettings) {
        self.query = query
        self.settings = settings
        outcome = settings.rules.outcome(for: query, defaults: settings)
    }

    /// The subjects with what is said of each, in the order in which it is decided.
    package var lines: [(subject: String, words: String)] {
        [("query", queryWords)] + settings.rules.rules.enumerated().map { ("rules[\($0)]", words(of: $1)) }
            + [("channel", words(for: .channel)), ("person", words(for: .user))]
    }

    private var queryWords: String {
        let text = AlertText(query)
        return ([text.person, text.size, text.cost] + text.places.map { "\($0.name.lowercased()) \($0.value)" })
            .joined(separator: ", ")
    }

    private func words(of rule: Rule) -> String {
        guard let member = rule.firstMismatch(with: query) else {
            let parts = rule.effect.parts
            return parts.isEmpty ? "applies, without an effect" : "applies: \(parts.joined(separator: ", "))"
        }
        let value = query[member].map { "'\($0)' does not fit" } ?? "the query has none"
        return "does not apply: \(member.rawValue): \(value)"
    }

    private func words(for target: AlertTarget) -> String {
        if outcome.isIgnored { return "nobody: a rule ignores the query" }
        let decision = AlertPolicy(thresholds: outcome.thresholds, alerts: settings.alerts).decision(
            on: target,
            for: query
        )
        guard decision.isDue else { return "nobody: \(decision.reason)" }
        switch target == .channel ? channel : person {
        case .success(let receiver): return "\(receiver), as \(decision.reason)"
        case .failure(let none): return "nobody, although \(decision.reason): \(none.reason)"
        }
    }

    private struct NoReceiver: Error {
        let reason: String
    }

    private var channel: Result<String, NoReceiver> {
        if settings.slack.botToken != nil, let channel = outcome.channel { return .success(channel) }
        if settings.slack.webhookURL != nil { return .success("the webhook's channel") }
        return .failure(NoReceiver(reason: "the settings have neither a bot token with a channel nor a webhook"))
    }

    private var person: Result<String, NoReceiver> {
        guard settings.slack.botToken != nil else {
            return .failure(NoReceiver(reason: "a direct message needs slack.bot_token"))
        }
        switch Recipients(settings).receiver(of: query, under: outcome) {
        case .success(.address(let address)): return .success("\(address), if Slack knows this address")
        case .success(.slackUser(let id)): return .success("Slack user \(id)")
        case .success(.channel(let channel)): return .success("channel \(channel)")
        case .failure(.byRule): return .failure(NoReceiver(reason: "a rule says so"))
        case .failure(.notAPerson):
            return .failure(NoReceiver(reason: "'\(query.user)' is not a person, and people.owners has no receiver"))
        case .failure: return .failure(NoReceiver(reason: "the settings give no address for '\(query.user)'"))
        }
    }
}
