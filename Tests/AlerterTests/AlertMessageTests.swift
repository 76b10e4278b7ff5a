import Alerting
import JSON
import Slack
import Testing

@testable import Alerter

@Suite struct AlertMessageTests {
    private func text(
        _ template: String?,
        user: String = "ada",
        slackUserID: String? = nil,
        for reader: AlertText.Reader = .others
    ) throws -> String {
        var messages = AlerterSettings.Messages()
        messages.query = try template.map { try MessageTemplate($0) }
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: "6acb")
        var query = FinishedQuery(
            key: key,
            state: "CANCELLED",
            user: user,
            dataScanned: 537_407_782_912,
            sql: "select '<!here>'"
        )
        query.stateChangeReason = "<!channel> limit"
        query.cost = .billed(Money(2.444, .dollars))
        query.region = "eu-west-1"
        let message = AlertMessage(
            query: query,
            messages: messages,
            footer: try MessageTemplate("Learn <https://x|more>, {user}"),
            slackUserID: slackUserID,
            reader: reader,
            sql: .full
        )
        let blocks = message.slackMessage.blocks.compactMap { $0.json?.serialized() }
        #expect(!blocks.joined().contains("<!"))
        #expect(blocks.count == 5)
        return message.slackMessage.text
    }

    @Test func theHeadlineSuitsItsReader() throws {
        #expect(try text(nil, for: .runner).hasPrefix("You scanned 500.5 GiB for $2.44\n"))
        #expect(try text(nil).hasPrefix("ada scanned 500.5 GiB for $2.44\n"))
        #expect(try text(nil, user: "<!here>").hasPrefix("&lt;!here&gt; scanned"))
    }

    @Test(arguments: [SQLDisplay.full, .masked, .none])
    func hintsNameTablesOnlyWhereTheSQLDoes(_ display: SQLDisplay) {
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: "6acb")
        let query = FinishedQuery(key: key, state: .succeeded, user: "ada", dataScanned: 1, sql: "select 1")
        let message = AlertMessage(
            query: query,
            messages: AlerterSettings.Messages(),
            footer: nil,
            slackUserID: nil,
            reader: .others,
            sql: display,
            hints: Hints(HintFacts(sql: "select a from \"<!here>\" order by 1 limit 1", database: nil) { _ in nil })
                .best
        )
        let blocks = message.slackMessage.blocks.compactMap { $0.json?.serialized() }.joined()
        #expect(blocks.contains("LIMIT comes after ORDER BY") == (display != .none) && !blocks.contains("<!"))
    }

    @Test func theTextIsTheOriginals() throws {
        let template = "{user} your last query scanned {data_scanned_gb} GB for ${data_scanned_cost}"
        #expect(try text(template) == "ada your last query scanned 500 GB for $2.44\nLearn <https://x|more>, ada")
    }

    @Test func aMentionIsAMentionOnlyOfSomebodyWhoIsThere() throws {
        #expect(try text("<@{slack_user_id}>: x", slackUserID: "U1").hasPrefix("<@U1>: x"))
        #expect(try text("<@{slack_user_id}>: x").hasPrefix("ada: x"))
        #expect(try text("<@{slack_user_id}>: x", user: "<!here>").hasPrefix("&lt;!here&gt;: x"))
    }
}
