import Settings
import Testing

@testable import Alerting

/// A query that its workgroup's limit stopped: who hears, and in which words.
@Suite struct LimitTests {
    private static let reason = "Query cancelled! : Bytes scanned limit was exceeded"

    private func query(_ state: QueryState = .cancelled, _ reason: String? = Self.reason) -> FinishedQuery {
        let key = QueryKey(startDate: "2026-01-17", startTimestamp: "2026-01-17 11:57:30", executionID: "6acb")
        var query = FinishedQuery(key: key, state: state, user: "ada", dataScanned: 10 << 30)
        query.stateChangeReason = reason
        query.workgroup = "analysts"
        query.cost = .billed(Money(0.05, .dollars))
        return query
    }

    private func settings(_ text: String) throws -> AlerterSettings {
        var settings = AlerterSettings()
        try Section(file: text.utf8).read { name, value throws(SettingsError) in try settings.read(name, value) }
        return settings
    }

    private func targets(_ text: String, _ query: FinishedQuery) throws -> [AlertTarget] {
        let settings = try settings(text)
        return AlertPolicy(thresholds: settings.thresholds, alerts: settings.alerts).targets(for: query)
    }

    @Test(
        arguments: [
            ("{}", [.user]), (#"{"thresholds":{"user":null,"channel":null}}"#, [.user]),
            (#"{"thresholds":{"user":null,"channel":"10 GiB"}}"#, [.channel, .user]),
            (#"{"alerts":{"stopped_by_limit":false}}"#, []),
            (#"{"alerts":{"stopped_by_limit":false},"thresholds":{"user":"10 GiB"}}"#, [.user]),
        ] as [(String, [AlertTarget])]
    )
    func thePersonHearsWhateverTheThresholds(_ settings: String, _ targets: [AlertTarget]) throws {
        #expect(try self.targets(settings, query()) == targets)
    }

    @Test(
        arguments: [
            (.cancelled, "Query cancelled by user"), (.cancelled, nil), (.failed, reason), (.succeeded, nil),
        ] as [(QueryState, String?)]
    )
    func onlyALimitCounts(_ state: QueryState, _ reason: String?) throws {
        let query = query(state, reason)
        #expect(try targets("{}", query) == [])
        #expect(AlertText(query).limitNotice == nil)
    }

    @Test func aRuleStillIgnores() throws {
        let settings = try settings(#"{"rules":[{"match":{"workgroup":"analysts"},"ignore":true}]}"#)
        #expect(settings.rules.outcome(for: query(), defaults: settings).isIgnored)
        #expect(Explanation(of: query(), settings: settings).lines.last?.words == "nobody: a rule ignores the query")
    }

    @Test func theExplanationNamesTheLimit() throws {
        let settings = try settings(#"{"slack":{"bot_token":"x","user_mappings":{"ada":"U1"}}}"#)
        let words = Explanation(of: query(), settings: settings).lines.last?.words
        #expect(words == "Slack user U1, as a limit of the workgroup stopped the query")
    }

    @Test func theNoticeSaysAthenasWordsTheCauseTheChargeAndTwoWaysOut() throws {
        #expect(
            AlertText(query()).limitNotice == [
                "Athena: Query cancelled! : Bytes scanned limit was exceeded",
                "A limit of the workgroup analysts on what one query may scan stopped this one at 10.0 GiB. What it "
                    + "scanned until then is charged: $0.05.",
                "Two ways on: narrow the query, with fewer columns or a filter on partitions, or ask the owner of the "
                    + "workgroup to raise the limit.",
            ]
        )
    }

    @Test func withoutAChargeTheNoticeNamesNone() {
        var query = query()
        query.cost = .free(.provisioned)
        query.workgroup = nil
        #expect(
            AlertText(query).limitNotice?[1]
                == "A limit of the workgroup on what one query may scan stopped this one at 10.0 GiB."
        )
    }
}
