package import CloudTrail

/// Finds out who hears of a query in person, as far as the settings and the query tell.
package struct Recipients: Sendable, Equatable {
    private let mappings: [String: String]
    private let emailDomain: String?
    private let people: People

    package init(_ settings: AlerterSettings) {
        mappings = settings.slack.userMappings
        emailDomain = settings.slack.emailDomain.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
        people = settings.people
    }

    /// The receiver of a query's message in person, or the reason why there is none: whom a rule names, else the person
    /// who ran it, else the owner of the program that did.
    package func receiver(
        of query: FinishedQuery,
        under outcome: RuleOutcome
    ) -> Result<People.Receiver, Delivery.SkipReason> {
        switch outcome.personalReceiver {
        case .nobody: return .failure(.byRule)
        case .receiver(let receiver): return .success(receiver)
        case nil: break
        }
        let person = person(of: query)
        guard case .failure(.notAPerson) = person else { return person }
        return owner(of: query).map { .success($0) } ?? person
    }

    /// The owner of the program that ran a query, whomever a comment in the SQL names; nil without one.
    package func owner(of query: FinishedQuery) -> People.Receiver? {
        people.owner(of: query.role ?? query.user, session: query.sessionName)
    }

    /// The Slack id or the address of a query's user, or the reason why there is none.
    ///
    /// The mapping comes first, by the name as it is, or by the session of a program. A name with the company's own
    /// e-mail domain may be mapped without it, as in the Python original. A name with another domain may not: it may be
    /// another person of that name.
    package func person(of query: FinishedQuery) -> Result<People.Receiver, Delivery.SkipReason> {
        if let id = mapping(of: query) { return .success(.slackUser(id)) }
        if query.userSource == .alias, query.user.isSlackID(of: "UW") { return .success(.slackUser(query.user)) }
        guard query.isOfPerson else { return .failure(.notAPerson) }
        return address(of: query.user).map { .success(.address($0)) } ?? .failure(.unknownPerson)
    }

    /// Whether the settings and the name itself leave Slack no way to find the person.
    package func cannotFind(_ person: Person) -> Bool {
        let key = QueryKey(startDate: "", startTimestamp: "", executionID: "")
        var query = FinishedQuery(key: key, state: QueryState(rawValue: ""), user: "", dataScanned: 0)
        query.attribute(to: Attribution(person: person))
        return self.person(of: query) == .failure(.unknownPerson)
    }

    private func mapping(of query: FinishedQuery) -> String? {
        let session = query.userType == .role ? query.sessionName : nil
        return [query.user, localPart(of: query.user), session].lazy.compactMap { $0.flatMap { mappings[$0] } }.first
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
