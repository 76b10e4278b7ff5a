import Alerting
import CloudTrail
import Slack
import Time

/// Finds the Slack user for a query's user, and caches Slack's answers.
struct SlackPeople {
    private static let memory = Duration.seconds(3600)
    private static let maximumCount = 2000

    private let mappings: [String: String]
    private let emailDomain: String?
    private let people: People
    private var found = ExpiringCache<String?>(limit: maximumCount)
    private var conversations = ExpiringCache<String>(limit: maximumCount)

    /// The place of a message to one person.
    enum Recipient {
        /// The person who ran the query, or who answers for the program that did.
        case user(String)
        /// A channel that hears what a program ran.
        case channel(String)
    }

    /// The access to Slack for one alert.
    struct Access {
        let client: SlackClient
        let token: String
        let deadline: Deadline
    }

    init(settings: AlerterSettings) {
        mappings = settings.slack.userMappings
        emailDomain = settings.slack.emailDomain.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
        people = settings.people
    }

    /// The receiver of a query's message in person, or the reason why there is none: the person who ran it, else the
    /// owner of the program that did.
    mutating func recipient(
        of query: FinishedQuery,
        by access: Access
    ) throws(SlackError) -> Result<Recipient, Delivery.SkipReason> {
        switch try userID(of: query, by: access) {
        case .success(let id): return .success(.user(id))
        case .failure(.notAPerson): break
        case .failure(let reason): return .failure(reason)
        }
        switch people.owner(of: query.user, session: query.sessionName) {
        case .slackUser(let id): return .success(.user(id))
        case .channel(let channel): return .success(.channel(channel))
        case .address(let address):
            return try id(ofAddress: address, by: access).map { .success(.user($0)) } ?? .failure(.unknownPerson)
        case nil: return .failure(.notAPerson)
        }
    }

    /// The Slack id of a query's user, or the reason why there is none.
    ///
    /// The mapping comes first, by the name as it is, or by the session of a program. A name with the company's own
    /// e-mail domain may be mapped without it, as in the Python original. A name with another domain may not: it may be
    /// another person of that name.
    mutating func userID(
        of query: FinishedQuery,
        by access: Access
    ) throws(SlackError) -> Result<String, Delivery.SkipReason> {
        if let id = mapping(of: query) { return .success(id) }
        if query.userSource == .alias, query.user.isSlackID(of: "UW") { return .success(query.user) }
        guard query.isOfPerson else { return .failure(.notAPerson) }
        guard let address = address(of: query.user) else { return .failure(.unknownPerson) }
        return try id(ofAddress: address, by: access).map { .success($0) } ?? .failure(.unknownPerson)
    }

    private func mapping(of query: FinishedQuery) -> String? {
        let session = query.userType == .role ? query.sessionName : nil
        return [query.user, localPart(of: query.user), session].lazy.compactMap { $0.flatMap { mappings[$0] } }.first
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

    private func localPart(of user: String) -> String? {
        guard let emailDomain, user.lowercased().hasSuffix("@" + emailDomain.lowercased()) else { return nil }
        return String(user.dropLast(emailDomain.count + 1))
    }

    /// The address of a user; nil for a tool's own id, such as `metabase:1000`, and for a name without a domain.
    private func address(of user: String) -> String? {
        if user.contains("@") { return user }
        guard !user.contains(":") else { return nil }
        return emailDomain.map { "\(user)@\($0)" }
    }
}
