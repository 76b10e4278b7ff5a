import HTTP
import JSON
package import Time
import Web

/// Calls that find out whether alerts can be posted, and post none.
extension SlackClient {
    /// The bot behind a token.
    package struct Identity: Sendable, Equatable {
        /// The workspace's name.
        package let team: String
        /// The bot's name.
        package let user: String
        /// The token's scopes; nil when Slack does not tell them.
        package let scopes: [String]?

        /// Creates an identity.
        package init(team: String, user: String, scopes: [String]?) {
            self.team = team
            self.user = user
            self.scopes = scopes
        }
    }

    /// A day before the greatest time that Slack keeps a message for later.
    ///
    /// https://docs.slack.dev/reference/methods/chat.scheduleMessage
    private static let distantFuture = Duration.days(119)

    /// The bot behind a token. The answer to each method of the Web API names the token's scopes in a header.
    ///
    /// https://docs.slack.dev/reference/methods/auth.test
    package func identity(token: String, before deadline: Deadline) throws(SlackError) -> Identity {
        let response = try send(request("auth.test", json: [:], token: token), before: deadline)
        let answer = try SlackError.answer(in: response)
        let scopes = response.headers["X-OAuth-Scopes"]?.split(separator: ",").map { scope in
            String(scope.drop { $0 == " " })
        }
        return Identity(team: answer["team"]?.string ?? "?", user: answer["user"]?.string ?? "?", scopes: scopes)
    }

    /// Finds out whether the bot may post in a channel, with the scope that posting needs: a message is scheduled for a
    /// distant day, and the schedule is deleted at once. To look up a channel needs further scopes.
    ///
    /// - Throws: ``SlackError`` with the reason for which posting would fail.
    package func rehearse(
        _ text: String,
        in channel: String,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) {
        let time = (Timestamp.now + Self.distantFuture).secondsSince1970
        let message: JSONValue = ["channel": .string(channel), "text": .string(text), "post_at": .integer(time)]
        var scheduling = request("chat.scheduleMessage", json: message, token: token)
        scheduling.isRepeatable = false
        let answer = try SlackError.answer(in: send(scheduling, before: deadline))
        guard let place = answer["channel"]?.string, let id = answer["scheduled_message_id"]?.string else {
            throw .unclear("chat.scheduleMessage named no message")
        }
        let deletion: JSONValue = ["channel": .string(place), "scheduled_message_id": .string(id)]
        let request = request("chat.deleteScheduledMessage", json: deletion, token: token)
        _ = try SlackError.answer(in: send(request, before: deadline))
    }
}
