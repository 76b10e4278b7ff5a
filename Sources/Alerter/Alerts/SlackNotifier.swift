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

    /// The name of the webhook's conversation, which is no channel's.
    private static let webhook = "webhook:"
    /// The time that the channel's alert waits for a name to become a mention.
    private static let patienceForMention = Duration.seconds(3)

    private let client: SlackClient
    private let access: Access
    private let hints: HintSource?
    private var people: SlackPeople

    init(client: SlackClient, access: Access, settings: AlerterSettings, hints: HintSource? = nil) {
        self.client = client
        self.access = access
        self.hints = hints
        people = SlackPeople(settings: settings)
    }

    func alertName(for target: AlertTarget) -> String { target.rawValue }

    func skipReason(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome
    ) -> Delivery.SkipReason? {
        switch target {
        case .channel:
            if case .failure(let reason) = channel(under: outcome) { reason } else { nil }
        case .user:
            access.botToken == nil ? .targetNotSet : people.skipReason(of: query, under: outcome)
        }
    }

    func place(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Result<AlertPlace, Delivery.SkipReason> {
        switch target {
        case .channel: channel(under: outcome)
        case .user: try person(of: query, under: outcome, before: deadline)
        }
    }

    private func channel(under outcome: RuleOutcome) -> Result<AlertPlace, Delivery.SkipReason> {
        if access.botToken != nil, let channel = outcome.channel {
            .success(AlertPlace(conversation: channel, gathering: .threads))
        } else if access.webhookURL != nil {
            .success(AlertPlace(conversation: Self.webhook, gathering: .doublings))
        } else {
            .failure(.targetNotSet)
        }
    }

    private func person(
        of query: FinishedQuery,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Result<AlertPlace, Delivery.SkipReason> {
        guard let token = access.botToken else { return .failure(.targetNotSet) }
        do throws(SlackError) {
            let slack = SlackPeople.Access(client: client, token: token, deadline: deadline)
            switch try people.recipient(of: query, under: outcome, by: slack) {
            case .failure(let reason): return .failure(reason)
            case .success(.channel(let channel)):
                return .success(AlertPlace(conversation: channel, gathering: .threads))
            case .success(.user(let id, let reader)):
                let conversation = try people.conversation(with: id, by: slack)
                var place = AlertPlace(conversation: conversation, gathering: .threads)
                (place.userID, place.reader, place.isPersonal) = (id, reader, true)
                return .success(place)
            }
        } catch {
            if case .refused(let code) = error, Self.isAboutThePerson(code) { return .failure(.unknownPerson) }
            // No message was sent yet, so a lost answer cannot mean that one was posted.
            if case .unclear(let reason) = error { throw .notDelivered(reason) }
            throw NotifierError(error)
        }
    }

    func deliver(_ posting: AlertPosting, before deadline: Deadline) throws(NotifierError) -> Delivery {
        let message = message(for: posting, before: deadline)
        let reply = posting.thread.map { SlackDestination.thread(.init($0), isBroadcast: posting.isBroadcast) }
        let delivery = try post(message, at: posting.place, in: reply, before: deadline)
        guard case .delivered(let own?, _) = delivery else { return delivery }
        let first = ThreadMessage(about: posting.query.user, for: posting.place.reader, beginningWith: message)
        return .delivered(own, content: first.content)
    }

    /// Posts a message at a place, or as a reply in a thread there.
    ///
    /// - Returns: the delivery, with the thread that the message may begin.
    func post(
        _ message: SlackMessage,
        at place: AlertPlace,
        in reply: SlackDestination? = nil,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        do throws(SlackError) {
            if place.conversation == Self.webhook {
                guard let webhook = access.webhookURL else { return .skipped(.targetNotSet) }
                try client.post(message, webhook: webhook, before: deadline)
                return .delivered()
            }
            guard let token = access.botToken else { return .skipped(.targetNotSet) }
            let destination = reply ?? .conversation(place.conversation)
            let posted = try client.postMessage(message, to: destination, token: token, before: deadline)
            guard reply == nil, let posted else { return .delivered() }
            return .delivered(AlertThread(channel: posted.channel, timestamp: posted.timestamp))
        } catch {
            guard case .refused(let code) = error else { throw NotifierError(error) }
            if reply != nil, Self.isAboutTheThread(code) { throw .threadGone("\(error)") }
            if place.isPersonal, Self.isAboutThePerson(code) { return .skipped(.unknownPerson) }
            throw NotifierError(error)
        }
    }

    func update(
        _ thread: AlertThread,
        opening: String,
        with day: AlertDay,
        before deadline: Deadline
    ) throws(NotifierError) {
        guard let token = access.botToken, let first = ThreadMessage(content: opening) else {
            throw .notEditable("its content is not known")
        }
        do {
            try client.updateMessage(
                at: .init(thread),
                to: first.message(showing: day),
                token: token,
                before: deadline
            )
        } catch .refused(let code) {
            throw Self.isAboutTheThread(code) ? .threadGone("Slack refused: \(code)") : .notEditable(code)
        } catch {
            throw NotifierError(error)
        }
    }

    private func message(for posting: AlertPosting, before deadline: Deadline) -> SlackMessage {
        let messages = posting.outcome.messages
        let isChannel = posting.target == .channel
        let userID = isChannel ? mentionedID(of: posting.query, messages, before: deadline) : posting.place.userID
        var message = AlertMessage(
            query: posting.query,
            messages: messages,
            footer: isChannel ? messages.channel : messages.user,
            slackUserID: userID,
            reader: posting.place.reader,
            sql: posting.place.isPersonal ? messages.userSQL : messages.channelSQL
        )
        message.day = posting.day
        message.tellsOfDay = posting.tellsOfDay
        // The words about a query that still runs have no place for hints, and what they rest on is not known yet.
        if posting.query.warnedTargets == nil {
            let (target, day) = (posting.target, posting.day)
            message.hints = hints?.hints(for: posting.query, to: target, on: day, before: deadline) ?? []
        }
        return message.slackMessage
    }

    /// The id to mention in a channel's message. Without a mention in the text no look-up is made.
    private func mentionedID(
        of query: FinishedQuery,
        _ messages: AlerterSettings.Messages,
        before deadline: Deadline
    ) -> String? {
        let templates = [messages.query, messages.channel].compactMap(\.self)
        guard let token = access.botToken, templates.contains(where: { $0.uses(.slackUserID) }) else { return nil }
        let deadline = min(deadline, .after(Self.patienceForMention))
        return try? people.userID(of: query, by: .init(client: client, token: token, deadline: deadline))
    }

    /// Whether an error means that this person cannot receive messages, so that a retry would not help.
    private static func isAboutThePerson(_ code: String) -> Bool {
        ["user_not_found", "users_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot"].contains(code)
    }

    /// Whether an error means that a message or its conversation is not there anymore.
    ///
    /// https://docs.slack.dev/reference/methods/chat.update
    private static func isAboutTheThread(_ code: String) -> Bool {
        [
            "message_not_found", "thread_not_found", "cannot_reply_to_message", "channel_not_found", "is_archived",
            "not_in_channel", "restricted_action_thread_locked", "restricted_action_non_threadable_channel",
        ].contains(code)
    }
}

extension SlackMessage.Place {
    fileprivate init(_ thread: AlertThread) {
        self.init(channel: thread.channel, timestamp: thread.timestamp)
    }
}

extension NotifierError {
    init(_ error: SlackError) {
        switch error {
        case .unclear(let reason): self = .unclear(reason)
        case .rateLimited: self = .busy("\(error)")
        case .refused, .unavailable: self = .notDelivered("\(error)")
        }
    }
}
