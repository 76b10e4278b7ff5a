package import Settings
import Web

/// The alerter's part of the settings file, with a default for each key that the file leaves out.
package struct AlerterSettings: Sendable, Equatable {
    /// How to reach people on Slack.
    package var slack = Slack()
    /// From how many bytes on people hear of a query.
    package var thresholds = Thresholds()
    /// US dollars for 2^40 bytes scanned; nil for the published price of each region.
    package var pricePerTB: Double?
    /// What alerts say.
    package var messages = Messages()
    /// The queries table, when it is not the one that the environment names.
    package var queriesTable: String?
    /// The queue of finished queries, when it is not the one that the environment names.
    package var queueURL: String?
    /// For how many days rows are kept.
    package var retentionDays: Int64 = 90

    /// How to reach people on Slack.
    package struct Slack: Sendable, Equatable {
        /// The token that posts to channels and people.
        package var botToken: Secret?
        /// An incoming webhook, for the channel alone.
        package var webhookURL: Secret?
        /// The channel's name or id, for the bot.
        package var channel: String?
        /// What follows the `@` in the e-mail addresses of users whose names have none.
        package var emailDomain: String?
        /// Slack user ids by user name.
        package var userMappings: [String: String] = [:]

        /// Makes sure that anybody can be reached.
        ///
        /// - Throws: ``SettingsError``
        package func requireAccess() throws(SettingsError) {
            guard botToken != nil || webhookURL != nil else {
                throw SettingsError(key: "slack", problem: "expected bot_token or webhook_url, found neither")
            }
        }

        /// Makes sure that nobody on the way learns a webhook's URL, which is a secret.
        ///
        /// - Throws: ``SettingsError``
        package static func requireConfidential(webhookURL: String) throws(SettingsError) {
            guard URL(webhookURL)?.origin.isConfidential == true else {
                throw SettingsError(key: "slack.webhook_url", problem: "expected a URL that begins with https://")
            }
        }
    }

    /// From how many bytes on people hear of a query.
    package struct Thresholds: Sendable, Equatable {
        /// For the person who ran it.
        package var user: ByteSize
        /// For the team's channel.
        package var channel: ByteSize

        /// Creates thresholds; the channel's is four times the user's unless told otherwise.
        package init(user: ByteSize = ByteSize(bytes: 100 << 30), channel: ByteSize? = nil) {
            self.user = user
            self.channel = channel ?? ByteSize(bytes: min(user.bytes, Int64.max / 4) * 4)
        }
    }

    /// What alerts say.
    package struct Messages: Sendable, Equatable {
        /// The first lines for both targets.
        package var query: MessageTemplate
        /// What follows for the channel.
        package var channel: MessageTemplate?
        /// What follows for the person.
        package var user: MessageTemplate?
        /// How many characters of the SQL are shown; none with 0.
        package var sqlCharacters: Int64 = 300

        /// Creates the default messages.
        package init() {
            query = .original
        }
    }

    /// Creates the settings of an empty file.
    package init() {}
}
