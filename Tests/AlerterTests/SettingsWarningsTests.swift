import JSON
import Settings
import Testing

@testable import Alerter

/// Warnings of `athena-alerter check` about settings that are valid and probably a mistake.
@Suite struct SettingsWarningsTests {
    private func warnings(_ settings: String) throws -> [String] {
        var alerter = AlerterSystem()
        try Section(file: settings.utf8).read { name, value throws(SettingsError) in try alerter.read(name, value) }
        return alerter.warnings
    }

    @Test(arguments: [
        (#"{"slack":{"bot_token":"xoxp-1"}}"#, "slack.bot_token: a bot's token begins with xoxb-"),
        (#"{"slack":{"bot_token":"xoxb-1","email_domain":"ada@example.com"}}"#, "found 'ada@example.com'"),
        (#"{"slack":{"bot_token":"xoxb-1","email_domain":"@example.com"}}"#, "found '@example.com'"),
        (#"{"slack":{"bot_token":"xoxb-1","user_mappings":{"ada":"ada@x.y"}}}"#, "user_mappings.ada: 'ada@x.y' is no"),
        (#"{"slack":{"bot_token":"xoxb-1","user_mappings":{"ada":"C0123456789"}}}"#, "'C0123456789' is no Slack id"),
        (#"{"slack":{"bot_token":"xoxb-1"},"thresholds":{"user":100}}"#, "thresholds.user: 100 B is less than"),
        (#"{"slack":{"bot_token":"xoxb-1"},"thresholds":{"channel":"999 KB"}}"#, "a number without a unit is bytes"),
        (
            #"{"slack":{"bot_token":"xoxb-1"},"rules":[{"match":{},"thresholds":{"channel":20}}]}"#,
            "rules[0].thresholds.channel: 20 B is less than a megabyte"
        ),
        (
            #"{"slack":{"bot_token":"xoxb-1","channel":"a"},"budgets":[{"name":"b","limit":50,"every":"day"}]}"#,
            "budgets[0].limit: 50 B is less than a megabyte"
        ),
        (
            #"{"slack":{"bot_token":"xoxb-1"},"budgets":[{"name":"b","limit":"$5","every":"day"}]}"#,
            "budgets[0]: the channel hears nothing"
        ),
        (
            #"{"slack":{"webhook_url":"https://hooks.slack.com/x"},"budgets":[{"name":"b","limit":"$5","every":"day","#
                + #""per":"user","notify":"user"}]}"#,
            "budgets[0].notify: the user hears nothing"
        ),
        (
            #"{"slack":{"webhook_url":"https://hooks.slack.com/x"},"budgets":[{"name":"b","limit":"$5","every":"day","#
                + #""channel":"a"}]}"#,
            "budgets[0].channel: a webhook posts to its own channel only"
        ),
        (#"{"slack":{"bot_token":"xoxb-1"},"rules":[{"match":{}}]}"#, "rules[0] can never matter: it has no effect"),
        (
            #"{"slack":{"webhook_url":"https://hooks.slack.com/x"},"rules":[{"match":{},"channel":"a"}]}"#,
            "rules[0].channel: a webhook posts to its own channel only"
        ),
        (
            #"{"slack":{"bot_token":"xoxb-1"},"table_sql":"none","reports":{"sql":"full"}}"#,
            "reports.sql: the history has no SQL"
        ),
        (#"{"reports":{"people":true}}"#, "report will not start: reports.people needs slack.bot_token"),
        (#"{"reports":{"weekly":"monday"}}"#, "without reports.channel and reports.people nobody hears"),
        ("{}", "notification will not start"),
    ])
    func aProbableMistakeIsNamed(_ settings: String, _ words: String) throws {
        #expect(try warnings(settings).contains { $0.contains(words) })
    }

    @Test(arguments: [
        #"{"slack":{"bot_token":"xoxb-1","email_domain":"example.com","user_mappings":{"ada":"U0123456789"}}}"#,
        #"{"slack":{"bot_token":"ssm:/slack","user_mappings":{"ada":"W0123456789"}},"thresholds":{"user":"1 MB"}}"#,
        #"{"slack":{"webhook_url":"https://hooks.slack.com/x"}}"#,
    ])
    func goodSettingsHaveNone(_ settings: String) throws {
        #expect(try warnings(settings).isEmpty)
    }

    @Test func aTokenIsNeverShown() throws {
        #expect(try !warnings(#"{"slack":{"bot_token":"the-secret"}}"#).joined().contains("the-secret"))
    }
}
