import CloudTrail
import Settings
import Testing

@testable import Alerting

@Suite struct ExplanationTests {
    private func explanation(
        _ settings: String,
        _ change: (inout FinishedQuery) -> Void = { _ in }
    ) throws -> [String: String] {
        let key = QueryKey(startDate: "2026-01-17", startTimestamp: "2026-01-17 11:57:30", executionID: "6acb")
        var query = FinishedQuery(key: key, state: "SUCCEEDED", user: "ada", dataScanned: 2 << 40)
        query.workgroup = "bi-eu"
        query.cost = .billed(Money(10, .dollars))
        change(&query)
        var read = AlerterSettings()
        try Section(file: settings.utf8).read { name, value throws(SettingsError) in try read.read(name, value) }
        let lines = Explanation(of: query, settings: read).lines
        #expect(lines.map(\.subject).filter { !$0.hasPrefix("rules[") } == ["query", "channel", "person"])
        return Dictionary(uniqueKeysWithValues: lines.map { ($0.subject, $0.words) })
    }

    @Test func eachRuleIsNamedWithWhatItDoesOrWhyItDoesNotApply() throws {
        let lines = try explanation(
            #"""
            {"rules":[{"match":{"workgroup":"bi"},"ignore":true},{"match":{"role":"*"},"ignore":true},
            {"match":{"user":"a*"},"messages":{"user":"u"},"channel":"c"},{"match":{}}]}
            """#
        )
        #expect(lines["rules[0]"] == "does not apply: workgroup: 'bi-eu' does not fit")
        #expect(lines["rules[1]"] == "does not apply: role: the query has none")
        #expect(lines["rules[2]"] == "applies: channel, messages.user")
        #expect(lines["rules[3]"] == "applies, without an effect")
        #expect(lines["query"] == "ada, 2.0 TiB, $10.00, workgroup bi-eu")
    }

    @Test(arguments: [
        (#""bot_token":"xoxb-1","channel":"athena","webhook_url":"ssm:/w""#, "athena, as "),
        (#""channel":"athena","webhook_url":"ssm:/w""#, "the webhook's channel, as "),
        (#""bot_token":"xoxb-1","webhook_url":"ssm:/w""#, "the webhook's channel, as "),
        (#""bot_token":"xoxb-1""#, "nobody, although "),
        (#""channel":"athena""#, "nobody, although "),
    ])
    func theChannelIsTheOneThatCanBeReached(_ slack: String, _ words: String) throws {
        let channel = try #require(try explanation("{\"slack\":{\(slack)}}")["channel"])
        #expect(channel.hasPrefix(words + "2.0 TiB scanned is at or above thresholds.channel, 400.0 GiB"), "\(channel)")
    }

    @Test(arguments: [
        (#""slack":{"bot_token":"x","email_domain":"b.c"}"#, "ada@b.c, if Slack knows this address, as 2.0 TiB"),
        (#""slack":{"bot_token":"x","user_mappings":{"ada":"U1"}}"#, "Slack user U1, as 2.0 TiB"),
        (#""slack":{"bot_token":"x"}"#, "nobody, although 2.0 TiB"),
        (#""slack":{"webhook_url":"ssm:/w"}"#, "nobody, although 2.0 TiB"),
        (#""slack":{"bot_token":"x"},"rules":[{"match":{},"notify":"C0123456789"}]"#, "channel C0123456789, as"),
        (#""slack":{"bot_token":"x"},"rules":[{"match":{},"notify":false}]"#, "nobody, although 2.0 TiB"),
        (
            #""slack":{"bot_token":"x"},"rules":[{"match":{},"thresholds":{"user":"3 TiB"}}]"#,
            "nobody: 2.0 TiB scanned is below thresholds.user, 3.0 TiB"
        ),
        (
            #""slack":{"bot_token":"x"},"rules":[{"match":{},"thresholds":{"user":"$11"}}]"#,
            "nobody: the cost ($10.00) is below thresholds.user, $11.00"
        ),
        (
            #""slack":{"bot_token":"x"},"rules":[{"match":{},"thresholds":{"user":null}}]"#,
            "nobody: thresholds.user is null"
        ),
        (#""rules":[{"match":{},"ignore":true}]"#, "nobody: a rule ignores the query"),
    ])
    func thePersonIsTheOneWhoWouldHear(_ settings: String, _ words: String) throws {
        #expect(try explanation("{\(settings)}")["person"]?.hasPrefix(words) == true)
    }

    @Test func aProgramNeedsAnOwner() throws {
        let asProgram = { (query: inout FinishedQuery) in query.userType = .role }
        let slack = #""slack":{"bot_token":"x","email_domain":"b.c"}"#
        let nobody = try explanation("{\(slack)}", asProgram)["person"]
        #expect(nobody?.hasSuffix("'ada' is not a person, and people.owners has no receiver") == true)
        let owner = try explanation(#"{\#(slack),"people":{"owners":{"ada":"U0123456789"}}}"#, asProgram)["person"]
        #expect(owner?.hasPrefix("Slack user U0123456789, as ") == true)
    }
}
