import AWS
import Alerting
import Assembly
import HTTP
import Settings
import Slack
import System

extension AlerterSystem {
    /// The sender of summaries; nil when no channel is named.
    func summaries(in phase: InitPhase) throws -> SummarySender? {
        guard let channel = settings.reports.channel else { return nil }
        guard let token = try phase.text(of: settings.slack.botToken, key: "slack.bot_token") else {
            throw SettingsError(key: "reports.channel", problem: "expected slack.bot_token beside it, found none")
        }
        let records = AlertLedger(
            DynamoDB(phase.aws),
            table: try tableName(in: phase),
            retentionDays: settings.retentionDays
        )
        let client = try SlackClient(http: phase.http, api: phase.environment["SLACK_API_URL"])
        return SummarySender(
            channel: channel,
            weekday: settings.reports.weekly,
            slack: SlackChannel(client: client, token: token),
            records: records
        )
    }
}
