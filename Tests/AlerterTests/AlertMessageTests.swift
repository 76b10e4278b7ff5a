import Alerting
import JSON
import Slack
import Testing

@testable import Alerter

@Suite struct AlertMessageTests {
    private func text(_ template: String, user: String = "ada", slackUserID: String? = nil) throws -> String {
        var messages = AlerterSettings.Messages()
        messages.query = try MessageTemplate(template)
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
            slackUserID: slackUserID
        )
        let blocks = message.slackMessage.blocks.compactMap { $0.json?.serialized() }
        #expect(!blocks.joined().contains("<!"))
        #expect(blocks.count == 5)
        return message.slackMessage.text
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
