import Alerting
import CloudTrail
import Slack
import Time

/// Finds the Slack user for a query's user, and caches Slack's answers.
struct SlackPeople {
    private static let memory = Duration.seconds(3600)
    private static let maximumCount = 2000

    private let recipients: Recipients
    private var found = ExpiringCache<String?>(limit: maximumCount)
    private var conversations = ExpiringCache<String>(limit: maximumCount)

    /// The place of a message to one person.
    enum Recipient {
        /// The person who ran the query, or who hears in that person's stead, as the reader tells.
        case user(String, AlertText.Reader)
        /// A channel that hears in the person's stead.
        case channel(String)
    }

    /// The access to Slack for one alert.
    struct Access {
        let client: SlackClient
        let token: String
        let deadline: Deadline
    }

    init(settings: AlerterSettings) {
        recipients = Recipients(settings)
    }

    /// The reason why nobody receives a query's message in person, as far as the settings and the query tell; else nil.
    func skipReason(of query: FinishedQuery, under outcome: RuleOutcome) -> Delivery.SkipReason? {
        guard case .failure(let reason) = recipients.receiver(of: query, under: outcome) else { return nil }
        return reason == .unknownPerson && standIn(of: query) != nil ? nil : reason
    }

    /// The owner who hears in the stead of someone whom a comment in the SQL names, and whom Slack does not know. Such a
    /// comment must not keep the owner of the program from hearing.
    private func standIn(of query: FinishedQuery) -> People.Receiver? {
        query.userSource == .sqlComment ? recipients.owner(of: query) : nil
    }

    /// The place of a query's message in person, or the reason why there is none.
    mutating func recipient(
        of query: FinishedQuery,
        under outcome: RuleOutcome,
        by access: Access
    ) throws(SlackError) -> Result<Recipient, Delivery.SkipReason> {
        let isRunner = query.isOfPerson && outcome.personalReceiver == nil
        let receiver = recipients.receiver(of: query, under: outcome)
        let found = try place(of: receiver, reading: isRunner ? .runner : .others, by: access)
        guard case .failure(.unknownPerson) = found, let owner = standIn(of: query) else { return found }
        return try place(of: .success(owner), reading: .others, by: access)
    }

    /// The Slack id of a query's user, nil when there is none.
    mutating func userID(of query: FinishedQuery, by access: Access) throws(SlackError) -> String? {
        let person = try place(of: recipients.person(of: query), reading: .runner, by: access)
        guard case .success(.user(let id, _)) = person else { return nil }
        return id
    }

    private mutating func place(
        of receiver: Result<People.Receiver, Delivery.SkipReason>,
        reading reader: AlertText.Reader,
        by access: Access
    ) throws(SlackError) -> Result<Recipient, Delivery.SkipReason> {
        switch receiver {
        case .success(.slackUser(let id)): return .success(.user(id, reader))
        case .success(.channel(let channel)): return .success(.channel(channel))
        case .success(.address(let address)):
            return try id(ofAddress: address, by: access).map { .success(.user($0, reader)) }
                ?? .failure(.unknownPerson)
        case .failure(let reason): return .failure(reason)
        }
    }

    private mutating func id(ofAddress address: String, by access: Access) throws(SlackError) -> String? {
        if let known = found[address] { return known }
        let id = try access.client.userID(email: address, token: access.token, before: access.deadline)
        found.store(id, for: address, lasting: Self.memory)
        return id
    }

    /// The conversation with a user.
    mutating func conversation(with userID: String, by access: Access) throws(SlackError) -> String {
        if let known = conversations[userID] { return known }
        let id = try access.client.openConversation(with: userID, token: access.token, before: access.deadline)
        conversations.store(id, for: userID, lasting: Self.memory)
        return id
    }
}
