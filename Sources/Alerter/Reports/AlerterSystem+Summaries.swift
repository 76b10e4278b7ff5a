import AWS
import Alerting
import Assembly
import HTTP
import LambdaRuntime
import Reporting
import Settings
import Slack
import System

extension AlerterSystem {
    /// Adds the senders of summaries for which the settings ask.
    func addSummaries(to handler: inout ReportHandler, in phase: InitPhase) throws {
        let reports = settings.reports
        guard reports.channel != nil || reports.people else { return }
        guard let token = try phase.text(of: settings.slack.botToken, key: "slack.bot_token") else {
            let key = reports.people ? "reports.people" : "reports.channel"
            throw SettingsError(key: key, problem: "expected slack.bot_token beside it, found none")
        }
        let client = try SlackClient(http: phase.http, api: phase.environment["SLACK_API_URL"])
        let sending = OneTimeSending(
            AlertLedger(DynamoDB(phase.aws), table: try tableName(in: phase), retentionDays: settings.retentionDays)
        )
        handler.sending = sending
        if let channel = reports.channel {
            handler.summaries = SummarySender(
                channel: channel,
                weekday: reports.weekly,
                slack: SlackChannel(client: client, token: token),
                pages: try pages(in: phase),
                sending: sending
            )
        }
        if reports.people {
            let slack = SlackNotifier(client: client, access: .init(botToken: token), settings: settings)
            handler.people = PersonalSender(settings: settings, notifier: slack, sending: sending)
        }
    }

    /// The reader of budgets; nil without budgets.
    func budgetReading(in phase: InitPhase) throws(HandlerError) -> BudgetReading? {
        guard !settings.budgets.isEmpty else { return nil }
        let ledger = try budgetLedger(in: phase)
        return BudgetReading(budgets: settings.budgets, timeZone: settings.timeZone, sums: ledger)
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
