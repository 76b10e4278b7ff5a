import Alerting
import Settings
import Time

extension AlerterSystem {
    package var summary: [(name: String, value: String)] {
        let slack = settings.slack
        let budgets = settings.budgets.budgets.map { ("budgets.\($0.name)", $0.meaning(in: settings)) }
        return [
            ("slack.bot_token", slack.botToken?.place ?? "not set: no direct messages"),
            ("slack.webhook_url", slack.webhookURL?.place ?? "not set"),
            ("slack.channel", slack.channel ?? "not set"),
            ("slack.email_domain", slack.emailDomain ?? "not set"),
            ("slack.user_mappings", "\(slack.userMappings.count)"),
            ("people.aliases", "\(settings.people.aliases.count)"),
            ("people.owners", "\(settings.people.owners.count)"),
            ("people.machines", "\(settings.people.machines.count)"),
            ("people.sql_comments", "\(settings.people.comments.count)"),
            ("thresholds.user", settings.thresholds.user.description),
            ("thresholds.channel", settings.thresholds.channel.description),
            ("alerts", settings.alerts.stoppedByLimit ? "stopped_by_limit" : "none but by thresholds"),
            ("quiet.thread", settings.quiet.thread.rawValue),
            ("rules", "\(settings.rules.count)"),
            ("budgets", "\(settings.budgets.budgets.count)"),
            ("running", runningBounds),
            (
                "hints.off",
                settings.hints.off.isEmpty
                    ? "none" : settings.hints.off.map(\.rawValue).sorted().joined(separator: ", ")
            ),
            ("reports.channel", settings.reports.channel ?? "not set: no summaries"),
            ("reports.weekly", settings.reports.weekly?.rawValue ?? "never"),
            ("reports.people", settings.reports.people ? "each person hears of their own sums" : "not set"),
            ("reports.link_secret", settings.reports.linkSecret?.place ?? "not set: no links"),
            ("reports.sql", settings.reports.sql.rawValue),
            ("price_per_tb", settings.pricePerTB.map { "$\($0)" } ?? Self.publishedPrices),
            ("prices", "\(settings.prices.count)"),
            ("time_zone", settings.timeZone.name),
            ("retention_days", "\(settings.retentionDays)"),
            ("table_sql", "\(settings.storedSQL)"),
        ] + budgets
    }

    private var runningBounds: String {
        let bounds = settings.running.bounds.map { "\($0.key.dropFirst("running.".count)) \($0.bound)" }
        return bounds.isEmpty ? "no warnings" : bounds.joined(separator: ", ")
    }

    private static var publishedPrices: String {
        let dates = PublishedPrice.table.values.map(\.date).sorted()
        guard let first = dates.first, let last = dates.last else { return "the usual price" }
        return "the published price of each region, read between \(first) and \(last)"
    }
}
