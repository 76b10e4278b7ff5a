package import Settings
package import Time
import Web

/// The alerter's part of the settings file, with a default for each key that the file leaves out.
package struct AlerterSettings: Sendable, Equatable {
    /// Access to Slack.
    package var slack = Slack()
    /// Names of people, and those who answer for programs.
    package var people = People()
    /// Points from which on a query is alerted.
    package var thresholds = Thresholds()
    /// US dollars per 2^40 bytes scanned; nil for the published price of each region.
    package var pricePerTB: Double?
    /// Prices of 2^40 bytes scanned by region, in the currency of the region; they win over `pricePerTB`.
    package var prices: [String: Double] = [:]
    /// Texts of the alerts.
    package var messages = Messages()
    /// Alerts about other things than sizes and costs.
    package var alerts = Alerts()
    /// Ways to tell a person less often.
    package var quiet = Quiet()
    /// The rules that hold for some queries alone.
    package var rules = Rules()
    /// Limits on what a day, week or month may use.
    package var budgets = Budgets()
    /// The time zone in which days begin.
    package var timeZone = TimeZone.utc
    /// Warnings of queries that still run.
    package var running = Running()
    /// Hints in alerts.
    package var hints = HintSettings()
    /// History, pages and summaries.
    package var reports = ReportSettings()
    /// The queries table; nil for the one that the environment names.
    package var queriesTable: String?
    /// The queue of finished queries; nil for the one that the environment names.
    package var queueURL: String?
    /// Days until a row expires.
    package var retentionDays: Int64 = 90
    /// The part of a query's SQL that its row keeps.
    package var storedSQL = StoredSQL.full

    /// Access to Slack.
    package struct Slack: Sendable, Equatable {
        /// The token that posts to channels and people.
        package var botToken: Secret?
        /// An incoming webhook, for the channel alone.
        package var webhookURL: Secret?
        /// The channel's name or id, for the bot.
        package var channel: String?
        /// The domain of the e-mail addresses of users whose names have no `@`; a leading `@` does no harm.
        package var emailDomain: String?
        /// Slack user ids by user name.
        package var userMappings: [String: String] = [:]

        /// Checks that there is a bot token or a webhook.
        ///
        /// - Throws: ``SettingsError``
        package func requireAccess() throws(SettingsError) {
            guard botToken != nil || webhookURL != nil else {
                throw SettingsError(key: "slack", problem: "expected bot_token or webhook_url, found neither")
            }
        }

        /// Checks that a webhook's URL, which is a secret, is never sent in plain text over a network.
        ///
        /// - Throws: ``SettingsError``
        package static func requireConfidential(webhookURL: String) throws(SettingsError) {
            guard URL(webhookURL)?.origin.isConfidential == true else {
                throw SettingsError(key: "slack.webhook_url", problem: "expected a URL that begins with https://")
            }
        }
    }

    /// Points from which on a query is alerted.
    package struct Thresholds: Sendable, Equatable {
        private static let defaultUser = Threshold.size(ByteSize(bytes: 100 << 30))

        /// The threshold for the person who ran the query.
        package var user: Threshold
        /// The threshold for the team's channel.
        package var channel: Threshold

        /// Creates thresholds. The channel's is by default four times the user's, or, when the user hears of no query,
        /// four times the user's default.
        package init(user: Threshold? = nil, channel: Threshold? = nil) {
            let user = user ?? Self.defaultUser
            self.user = user
            self.channel = channel ?? (user == .never ? Self.defaultUser : user).multiplied(by: 4)
        }

        /// Other thresholds; nil for one that stays.
        package struct Change: Sendable, Equatable {
            var user: Threshold?
            var channel: Threshold?
        }

        mutating func apply(_ change: Change) {
            user = change.user ?? user
            channel = change.channel ?? channel
        }
    }

    /// Texts of the alerts.
    package struct Messages: Sendable, Equatable {
        /// The first lines for both targets; nil for a headline that suits the reader.
        package var query: MessageTemplate?
        /// The lines that follow for the channel.
        package var channel: MessageTemplate?
        /// The lines that follow for the person.
        package var user: MessageTemplate?
        /// Characters of the SQL that an alert shows; 0 for no SQL.
        package var sqlCharacters: Int64 = 300
        /// The SQL that a channel sees.
        package var channelSQL = SQLDisplay.masked
        /// The SQL that a direct message shows.
        package var userSQL = SQLDisplay.full

        /// Creates the default messages.
        package init() {}

        /// Whether a text tells of the day's other alerts.
        package var tellOfDay: Bool { [query, channel, user].contains { $0?.tellsOfDay == true } }

        /// Other texts; nil for one that stays.
        package struct Change: Sendable, Equatable {
            var query: MessageTemplate?
            var channel: MessageTemplate?
            var user: MessageTemplate?
            var sqlCharacters: Int64?
            var channelSQL: SQLDisplay?
            var userSQL: SQLDisplay?
        }

        mutating func apply(_ change: Change) {
            query = change.query ?? query
            channel = change.channel ?? channel
            user = change.user ?? user
            sqlCharacters = change.sqlCharacters ?? sqlCharacters
            channelSQL = change.channelSQL ?? channelSQL
            userSQL = change.userSQL ?? userSQL
        }
    }

    /// Alerts about other things than sizes and costs.
    package struct Alerts: Sendable, Equatable {
        /// Whether the person hears of each query that a workgroup's limit stopped, whatever it scanned.
        package var stoppedByLimit = true

        package init() {}
    }

    /// Ways to tell a person less often.
    package struct Quiet: Sendable, Equatable {
        /// The gathering of the alerts about one person.
        package var thread = Thread.day

        /// The alerts that share a thread.
        package enum Thread: String, Sendable, CaseIterable {
            /// Those of one day.
            case day
            /// None: each alert is a message.
            case off
        }

        package init() {}
    }

    /// Creates the settings of an empty file.
    package init() {}
}
