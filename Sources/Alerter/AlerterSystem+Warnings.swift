import Alerting
import Settings

extension AlerterSystem {
    /// A threshold below this is likely a number of gigabytes that lacks its unit.
    private static let smallestLikelyThreshold = ByteSize(bytes: 1_000_000)
    private static let smallestLikelyCost = 0.01

    package var warnings: [String] {
        accessWarnings + slackWarnings + thresholdWarnings + priceWarnings + settings.rules.warnings + ruleWarnings
            + settings.budgets.warnings(with: settings.slack)
    }

    private var accessWarnings: [String] {
        do throws(SettingsError) {
            try settings.slack.requireAccess()
            return []
        } catch {
            // The other handlers need no Slack, nor does another consumer of the queue.
            return ["notification will not start: \(error)"]
        }
    }

    private var slackWarnings: [String] {
        let slack = settings.slack
        var warnings: [String] = []
        if case .literal(let token) = slack.botToken, !token.hasPrefix("xoxb-") {
            warnings.append("slack.bot_token: a bot's token begins with xoxb-; other tokens send no direct messages")
        }
        if let domain = slack.emailDomain, domain.contains("@") {
            warnings.append("slack.email_domain: expected a domain without @, found '\(domain)'")
        }
        for (name, id) in slack.userMappings.sorted(by: { $0.key < $1.key }) where !id.isSlackID(of: "UW") {
            warnings.append(
                "slack.user_mappings.\(name): '\(id)' is no Slack id, which has the form U0123456789; "
                    + "an address belongs in people.aliases"
            )
        }
        if let channel = slack.channel, settings.people.owners.contains(where: { $0.receiver == .channel(channel) }) {
            warnings.append("people.owners: \(channel) is slack.channel too, and hears twice of a large query")
        }
        if settings.reports.channel != nil, slack.botToken == nil {
            warnings.append("report will not start: reports.channel needs slack.bot_token")
        }
        if settings.reports.people, slack.botToken == nil {
            warnings.append("report will not start: reports.people needs slack.bot_token")
        }
        if settings.reports.channel == nil, !settings.reports.people, settings.reports.weekly != nil {
            warnings.append("reports.weekly: without reports.channel and reports.people nobody hears")
        }
        if settings.reports.sql != .none, settings.storedSQL.isNone {
            warnings.append("reports.sql: the history has no SQL, since the rows keep none (table_sql)")
        }
        return warnings
    }

    private static func warning(of threshold: Threshold) -> String? {
        switch threshold {
        case .size(let size) where size < smallestLikelyThreshold:
            "\(size) is less than a megabyte; a number without a unit is bytes"
        case .cost(let money) where money.amount < smallestLikelyCost:
            "\(threshold) is less than a cent; nearly every query that is billed reaches it"
        case .size, .cost, .never: nil
        }
    }

    private var priceWarnings: [String] {
        settings.prices.keys.sorted().filter { PublishedPrice.table[$0] == nil }
            .map { "prices.\($0): no region of this name is known; the price counts only if AWS names one so" }
    }

    private var ruleWarnings: [String] {
        guard settings.slack.botToken == nil, settings.slack.webhookURL != nil else { return [] }
        return settings.rules.indicesWithChannel.map {
            "rules[\($0)].channel: a webhook posts to its own channel only; another one needs slack.bot_token"
        }
    }

    private var thresholdWarnings: [String] {
        let thresholds = settings.thresholds
        let named = [("thresholds.user", thresholds.user), ("thresholds.channel", thresholds.channel)]
        return (named + settings.rules.thresholds.map { ($0.key, $0.threshold) })
            .compactMap { key, threshold in Self.warning(of: threshold).map { "\(key): \($0)" } }
    }
}
