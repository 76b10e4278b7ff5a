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
    private var found = Memory<String?>()
    private var conversations = Memory<String>()

    init(mappings: [String: String], emailDomain: String?) {
        self.mappings = mappings
        self.emailDomain = emailDomain
    }

    /// The Slack id of a query's user, or the reason why there is none.
    ///
    /// The mapping comes first, by the name as it is. A name with the company's own e-mail domain may be mapped without
    /// it, as in the Python original. A name with another domain may not: it may be another person of that name.
    mutating func userID(
        of query: FinishedQuery,
        client: SlackClient,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) -> Result<String, Delivery.SkipReason> {
        if let id = mappings[query.user] ?? localPart(of: query.user).flatMap({ mappings[$0] }) { return .success(id) }
        guard query.userType == nil || query.userType == .person else { return .failure(.notAPerson) }
        guard let email = email(of: query.user) else { return .failure(.unknownPerson) }
        let id: String?
        if let known = found[email] {
            id = known
        } else {
            id = try client.userID(email: email, token: token, before: deadline)
            found[email] = .some(id)
        }
        return id.map { .success($0) } ?? .failure(.unknownPerson)
    }

    /// The conversation with a user.
    mutating func conversation(
        with userID: String,
        client: SlackClient,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) -> String {
        if let known = conversations[userID] { return known }
        let id = try client.openConversation(with: userID, token: token, before: deadline)
        conversations[userID] = id
        return id
    }

    private func localPart(of user: String) -> String? {
        guard let emailDomain, user.lowercased().hasSuffix("@" + emailDomain.lowercased()) else { return nil }
        return String(user.dropLast(emailDomain.count + 1))
    }

    private func email(of user: String) -> String? {
        if user.contains("@") { return user }
        return emailDomain.map { "\(user)@\($0)" }
    }

    /// A cache of answers. People join and leave, so each answer expires.
    private struct Memory<Value> {
        private var answers: [String: (value: Value, end: Deadline)] = [:]

        subscript(key: String) -> Value? {
            get {
                guard let answer = answers[key], !answer.end.hasPassed else { return nil }
                return answer.value
            }
            set {
                if answers.count >= SlackPeople.maximumCount { answers = [:] }
                answers[key] = newValue.map { ($0, .after(SlackPeople.memory)) }
            }
        }
    }
}
