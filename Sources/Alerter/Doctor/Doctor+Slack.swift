import AWS
import Alerting
import Assembly
import CloudTrail
import Settings
import Slack
import System
import Time

/// The checks of Slack and of the people.
extension Doctor {
    private static let sampleCount = 10
    private static let slackTimeLimit = Duration.seconds(20)
    private static let tokenKey = "slack.bot_token"
    private static let webhookKey = "slack.webhook_url"

    private var slackDeadline: Deadline { .after(Self.slackTimeLimit) }

    func examineSlack(_ names: StackNames) {
        check("settings") {
            try settings.slack.requireAccess()
            return .well("settings", "they name the way to Slack")
        }
        if let webhook = settings.slack.webhookURL { checkAccess(to: webhook, Self.webhookKey, names) }
        guard let secret = settings.slack.botToken else { return }
        checkAccess(to: secret, Self.tokenKey, names)
        guard let token = try? phase.text(of: secret, key: Self.tokenKey) else { return }
        guard let client = look(at: "slack", slackClient) else { return }
        check("slack") { .slack(try client.identity(token: token, before: slackDeadline)) }
        examine(client, token: token, table: names.table)
    }

    /// Posts a test alert.
    ///
    /// - Parameter receiver: who receives it.
    func sendTest(to receiver: People.Receiver) {
        check("test alert") {
            guard let token = try phase.text(of: settings.slack.botToken, key: Self.tokenKey) else {
                return .ill("test alert", "it needs a bot token", "set slack.bot_token")
            }
            let client = try slackClient()
            let place: String
            switch receiver {
            case .channel(let channel): place = channel
            case .slackUser(let id):
                place = try client.openConversation(with: id, token: token, before: slackDeadline)
            case .address(let address):
                guard let id = try client.userID(email: address, token: token, before: slackDeadline) else {
                    return .ill("test alert", "Slack knows no \(address)", "name the address of your Slack account")
                }
                place = try client.openConversation(with: id, token: token, before: slackDeadline)
            }
            try client.postMessage(testAlert, to: .conversation(place), token: token, before: slackDeadline)
            return .well("test alert", "posted")
        }
    }

    /// The alert of a query that does not exist.
    private var testAlert: SlackMessage {
        let key = QueryKey(startTime: now, executionID: "00000000-0000-0000-0000-000000000000")
        var query = FinishedQuery(key: key, state: .succeeded, user: "athena-alerter doctor", dataScanned: 1 << 40)
        query.sql = "SELECT 1 -- a test: this query does not exist"
        query.cost = Price(perTB: settings.pricePerTB, regional: settings.prices).cost(of: query)
        let alert = AlertMessage(
            query: query,
            messages: settings.messages,
            footer: settings.messages.channel,
            slackUserID: nil,
            reader: .others,
            sql: .full
        )
        let notice = "A test by athena-alerter doctor. The query does not exist."
        let message = alert.slackMessage
        return SlackMessage(text: "\(notice)\n\(message.text)", blocks: [.section(notice)] + message.blocks)
    }

    private func checkAccess(to secret: Secret, _ key: String, _ names: StackNames) {
        check(key) {
            do throws(AWSError) {
                switch secret {
                case .literal: break
                case .parameter(let name): _ = try Secrets(phase.aws).parameter(name, before: slackDeadline)
                case .secret(let id, _): _ = try Secrets(phase.aws).secret(id, before: slackDeadline)
                }
            } catch  where ["ParameterNotFound", "ResourceNotFoundException"].contains(error.code) {
                return .missing(secret, key: key, error)
            }
            _ = try phase.text(of: secret, key: key)
            return .access(to: secret, key: key, parameters: names.slackParameter, secrets: names.slackSecret)
        }
    }

    private func slackClient() throws(SlackError) -> SlackClient {
        try SlackClient(http: phase.http, api: phase.environment["SLACK_API_URL"])
    }

    private func examine(_ client: SlackClient, token: String, table: String) {
        if let channel = settings.slack.channel {
            let text =
                "athena-alerter doctor schedules this message to see whether it may post, and deletes it at once."
            do {
                try client.rehearse(text, in: channel, token: token, before: slackDeadline)
                report(.well("slack.channel", "the bot may post in \(channel)"))
            } catch {
                report(.slack("slack.channel", error, channel: channel))
            }
        }
        check("people") {
            let recipients = Recipients(settings)
            var found: [String] = []
            var missing: [String] = []
            for query in try lastPeople(in: table) {
                let isKnown: Bool
                switch recipients.person(of: query) {
                case .success(.address(let address)):
                    isKnown = try client.userID(email: address, token: token, before: slackDeadline) != nil
                case .success: isKnown = true
                case .failure: isKnown = false
                }
                if isKnown { found.append(query.user) } else { missing.append(query.user) }
            }
            return .people(found: found, missing: missing)
        }
    }

    /// A query of each of some people who ran one today, or else yesterday.
    private func lastPeople(in table: String) throws(AWSError) -> [FinishedQuery] {
        for day in [now, now - .days(1)] {
            let page = try DynamoDB(phase.aws).query(
                .init(table: table, keyCondition: "start_date = :date", values: [":date": .string(day.date)]),
                before: slackDeadline
            )
            var people: [String: FinishedQuery] = [:]
            for row in page.items.compactMap(OpenQuery.init) where people.count < Self.sampleCount {
                guard row.attribution.person.kind == .person else { continue }
                var query = FinishedQuery(key: row.key, state: .succeeded, user: "", dataScanned: 0)
                query.attribute(to: row.attribution.settled(sql: nil, people: settings.people))
                if query.isOfPerson { people[query.user] = people[query.user] ?? query }
            }
            if !people.isEmpty { return people.values.sorted { $0.user < $1.user } }
        }
        return []
    }
}
