package import CloudTrail
import Querying

/// The person or program that ran a query, and the tool that ran it for them.
///
/// The evidence is what CloudTrail recorded, what a comment in the SQL claims, what Identity Center knows of a user,
/// and what the settings say.
package struct Attribution: Sendable, Equatable {
    /// The person or program.
    package var person: Person
    /// The tool, in lower case, nil when there is none or it is not known.
    package var tool: String?
    /// The name of the role's session, nil for other identities.
    package var sessionName: String?
    /// The ARN of the identity that made the call. No claim changes it.
    package var principalARN: String?

    /// Creates the attribution that CloudTrail's record alone allows.
    package init(person: Person, tool: String? = nil, sessionName: String? = nil, principalARN: String? = nil) {
        self.person = person
        self.tool = tool
        self.sessionName = sessionName
        self.principalARN = principalARN
    }

    /// The attribution that a start in CloudTrail allows.
    package init(_ start: QueryStart) {
        self.init(
            person: start.caller.person,
            tool: start.caller.tool,
            sessionName: start.caller.sessionName,
            principalARN: start.principalARN
        )
    }

    /// The attribution by all evidence, for a query that has ended.
    ///
    /// - Parameters:
    ///   - sql: the query's SQL, nil when it is not known.
    ///   - people: the settings.
    package func settled(sql: String?, people: People) -> Attribution {
        var settled = self
        if !people.machines.isEmpty, people.isMachine(person.name, session: sessionName, role: roleName) {
            settled.person = machine
        }
        if let sql, let claim = CommentClaim.claim(of: SQLComments.firstAndLast(in: sql), people: people) {
            settled.apply(claim)
        }
        if let alias = people.alias(of: settled.person.name) {
            settled.person = Person(name: alias, kind: .person, source: .alias)
        }
        return settled
    }

    /// Identity Center's id of a user where it stands for a name; nil when there is a name, or the settings have one.
    ///
    /// https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeUser.html
    package func directoryID(unknownTo people: People) -> String? {
        guard person.source == .identityCenter, people.alias(of: person.name) == nil else { return nil }
        return Self.isDirectoryID(person.name) ? person.name : nil
    }

    /// Whether a name is Identity Center's id of a user.
    package static func isDirectoryID(_ name: String) -> Bool {
        guard [36, 47].contains(name.utf8.count) else { return false }
        let digits = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let lengths = digits.map(\.count)
        guard lengths == [8, 4, 4, 4, 12] || lengths == [10, 8, 4, 4, 4, 12] else { return false }
        return digits.joined().allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    private mutating func apply(_ claim: CommentClaim) {
        if !isCertain {
            if let name = claim.person {
                person = Person(name: name, kind: .person, source: .sqlComment)
            } else if claim.isUnattended, person.kind == .person, roleName != nil {
                person = machine
            }
        }
        // SQL in the console is a person's, even if a tool's comment came with it.
        if !isByHand { tool = claim.tool ?? tool }
    }

    /// Whether CloudTrail names a human being so that a comment, which may have been copied with the SQL, says nothing
    /// better.
    private var isCertain: Bool {
        switch person.source {
        case .sourceIdentity, .identityCenter, .root: true
        case .sessionName: person.name.contains("@") || isByHand
        case .iamUser, .federated: isByHand
        case .sqlComment, .alias, .role, .service, .unknown: false
        }
    }

    /// Whether the SQL was sent from the console, where only people work.
    private var isByHand: Bool { tool == "console" }

    /// The program in a person's stead: its role, which is stable, if there is one.
    private var machine: Person {
        guard let roleName else { return Person(name: person.name, kind: .service, source: person.source) }
        return Person(name: roleName, kind: .role, source: .role)
    }

    /// The name of the role that made the call: `arn:aws:sts::123456789012:assumed-role/<role>/<session>`.
    package var roleName: String? {
        guard let parts = principalARN?.split(separator: "/"), parts.count >= 2,
            parts[0].hasSuffix(":assumed-role")
        else { return nil }
        return String(parts[1])
    }
}
