import Alerting
import Slack
import Time
import Web

/// Carries alerts to Slack: to the channel by bot or webhook, to people by direct message.
final class SlackNotifier: Notifier {
    /// The access to Slack, with its secrets in clear text.
    struct Access {
        var botToken: String?
        var webhookURL: URL?
    }

    /// The time that the channel's alert waits for a name to become a mention.
    private static let patienceForMention = Duration.seconds(3)

    private let client: SlackClient
    private let access: Access
    private var people: SlackPeople

    init(client: SlackClient, access: Access, settings: AlerterSettings) {
        self.client = client
        self.access = access
        people = SlackPeople(settings: settings)
    }

    func alertName(for target: AlertTarget) -> String { target.rawValue }

    func deliver(
        _ query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        switch target {
        case .channel: try alertChannel(query, outcome, before: deadline)
        case .user: try alertUser(query, outcome, before: deadline)
        }
    }

    private func alertChannel(
        _ query: FinishedQuery,
        _ outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        let messages = outcome.messages
        if let token = access.botToken, let channel = outcome.channel {
            let userID = mentionedID(of: query, messages, token, before: deadline)
            let message = channelMessage(query, messages, userID)
            try post { () throws(SlackError) in
                try client.postMessage(message, to: channel, token: token, before: deadline)
            }
        } else if let webhook = access.webhookURL {
            let userID = access.botToken.flatMap { mentionedID(of: query, messages, $0, before: deadline) }
            let message = channelMessage(query, messages, userID)
            try post { () throws(SlackError) in try client.post(message, webhook: webhook, before: deadline) }
        } else {
            return .skipped(.targetNotSet)
        }
        return .delivered
    }

    /// The id to mention in a channel's message. Without a mention in the text no look-up is made.
    private func mentionedID(
        of query: FinishedQuery,
        _ messages: AlerterSettings.Messages,
        _ token: String,
        before deadline: Deadline
    ) -> String? {
        let templates = [messages.query, messages.channel].compactMap(\.self)
        guard templates.contains(where: { $0.uses(.slackUserID) }) else { return nil }
        let deadline = min(deadline, .after(Self.patienceForMention))
        return try? people.userID(of: query, by: .init(client: client, token: token, deadline: deadline))
    }

    private func alertUser(
        _ query: FinishedQuery,
        _ outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        guard let token = access.botToken else { return .skipped(.targetNotSet) }
        var isPosting = false
        do throws(SlackError) {
            let slack = SlackPeople.Access(client: client, token: token, deadline: deadline)
            let conversation: String
            var userID: String?
            let messages = outcome.messages
            var reader = AlertText.Reader.others
            var sql = messages.channelSQL
            switch try people.recipient(of: query, under: outcome, by: slack) {
            case .failure(let reason): return .skipped(reason)
            case .success(.channel(let channel)): conversation = channel
            case .success(.user(let id, let personalReader)):
                userID = id
                sql = messages.userSQL
                reader = personalReader
                conversation = try people.conversation(with: id, by: slack)
            }
            isPosting = true
            let message = AlertMessage(
                query: query,
                messages: messages,
                footer: messages.user,
                slackUserID: userID,
                reader: reader,
                sql: sql
            )
            try client.postMessage(message.slackMessage, to: conversation, token: token, before: deadline)
            return .delivered
        } catch {
            if case .refused(let code) = error, Self.isAboutThePerson(code) { return .skipped(.unknownPerson) }
            // Until the message itself is sent, a lost answer cannot mean that it was posted.
            if case .unclear(let reason) = error, !isPosting { throw .notDelivered(reason) }
            throw NotifierError(error)
        }
    }

    private func post(_ send: () throws(SlackError) -> Void) throws(NotifierError) {
        do {
            try send()
        } catch {
            throw NotifierError(error)
        }
    }

    /// Whether an error means that this person cannot receive messages, so that a retry would not help.
    private static func isAboutThePerson(_ code: String) -> Bool {
        ["user_not_found", "users_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot"].contains(code)
    }

    private func channelMessage(
        _ query: FinishedQuery,
        _ messages: AlerterSettings.Messages,
        _ userID: String?
    ) -> SlackMessage {
        AlertMessage(
            query: query,
            messages: messages,
            footer: messages.channel,
            slackUserID: userID,
            reader: .others,
            sql: messages.channelSQL
        ).slackMessage
    }
}

extension NotifierError {
    fileprivate init(_ error: SlackError) {
        switch error {
        case .unclear(let reason): self = .unclear(reason)
        case .rateLimited: self = .busy("\(error)")
        case .refused, .unavailable: self = .notDelivered("\(error)")
        }
    }
}
