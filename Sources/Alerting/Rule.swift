import CloudTrail

/// A rule of the team's: the queries that it is about, and what holds for their alerts.
package struct Rule: Sendable, Equatable {
    /// The forms of the members that a query must have, any of each list.
    let match: [Member: [Wildcard]]
    /// The difference that the rule makes.
    let effect: Effect

    /// A part of a query by which rules choose.
    package enum Member: String, Sendable, CaseIterable {
        case user
        case userType = "user_type"
        case userSource = "user_source"
        case tool
        case role
        case session
        case workgroup
        case database
        case catalog
        case account
        case region
        case statementType = "statement_type"
        case state
    }

    /// The difference that a rule makes; what is nil stays as it is.
    package struct Effect: Sendable, Equatable {
        /// Whether the query causes no alert.
        var isIgnored: Bool?
        var thresholds = AlerterSettings.Thresholds.Change()
        /// The channel that hears of it.
        var channel: String?
        /// The receiver in the person's stead.
        var personalReceiver: PersonalReceiver?
        var messages = AlerterSettings.Messages.Change()
    }

    /// Whether this rule is about a query: all members fit, and a member that the query does not have never fits.
    func applies(to query: FinishedQuery) -> Bool { firstMismatch(with: query) == nil }

    /// The first member, in the order of the settings' documentation, that does not fit.
    func firstMismatch(with query: FinishedQuery) -> Member? {
        Member.allCases.first { member in
            guard let forms = match[member] else { return false }
            guard let value = query[member] else { return true }
            return !forms.contains { $0.matches(value) }
        }
    }
}

/// The receiver of a query's alert in the person's stead.
package enum PersonalReceiver: Sendable, Equatable {
    case nobody
    case receiver(People.Receiver)
}

extension FinishedQuery {
    /// The value by which rules choose, nil when it is not known.
    package subscript(member: Rule.Member) -> String? {
        switch member {
        case .user: user
        case .userType: userType?.rawValue
        case .userSource: userSource?.rawValue
        case .tool: tool
        case .role: role
        case .session: sessionName
        case .workgroup: workgroup
        case .database: database
        case .catalog: catalog
        case .account: accountID
        case .region: region
        case .statementType: statementType
        case .state: state.rawValue
        }
    }
}
