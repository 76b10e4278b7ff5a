import AWS
import Alerting
import Assembly
import HTTP
import Reporting
import Settings
import Slack
import System

extension AlerterSystem {
    /// The sender of summaries; nil when no channel is named.
    func summaries(in phase: InitPhase) throws -> SummarySender? {
        guard let channel = settings.reports.channel else { return nil }
        let token = try summaryToken(in: phase, key: "reports.channel")
        return SummarySender(
            channel: channel,
            weekday: settings.reports.weekly,
            slack: SlackChannel(client: try slackClient(in: phase), token: token),
            pages: try pages(in: phase),
            records: try summaryRecords(in: phase)
        )
    }

    /// The sender of messages to people; nil unless the settings ask for them.
    func personalSummaries(in phase: InitPhase) throws -> PersonalSender? {
        guard settings.reports.people else { return nil }
        let token = try summaryToken(in: phase, key: "reports.people")
        let slack = SlackNotifier(
            client: try slackClient(in: phase),
            access: .init(botToken: token, webhookURL: nil),
            settings: settings
        )
        return PersonalSender(settings: settings, notifier: slack, records: try summaryRecords(in: phase))
    }

    private func summaryToken(in phase: InitPhase, key: String) throws(SettingsError) -> String {
        guard let token = try phase.text(of: settings.slack.botToken, key: "slack.bot_token") else {
            throw SettingsError(key: key, problem: "expected slack.bot_token beside it, found none")
        }
        return token
    }

    private func slackClient(in phase: InitPhase) throws -> SlackClient {
        try SlackClient(http: phase.http, api: phase.environment["SLACK_API_URL"])
    }

    private func summaryRecords(in phase: InitPhase) throws -> AlertLedger {
        AlertLedger(
            DynamoDB(phase.aws),
            table: try tableName(in: phase),
            retentionDays: settings.retentionDays
        )
    }

    /// The address of the pages, with what signs their links; nil unless the environment names one.
    private func pages(in phase: InitPhase) throws -> SummarySender.Pages? {
        guard let address = phase.environment["REPORT_PAGE_URL"], let link = try pageLink(in: phase) else { return nil }
        return SummarySender.Pages(address: address.hasSuffix("/") ? String(address.dropLast()) : address, link: link)
    }

    /// The signer of links; nil without a secret.
    func pageLink(in phase: InitPhase) throws(SettingsError) -> PageLink? {
        let key = "reports.link_secret"
        guard let secret = try phase.text(of: settings.reports.linkSecret, key: key) else { return nil }
        guard secret.utf8.count >= PageLink.shortestSecret else {
            throw SettingsError(
                key: key,
                problem: "expected at least \(PageLink.shortestSecret) characters, found \(secret.utf8.count)"
            )
        }
        return PageLink(secret: secret)
    }
}
