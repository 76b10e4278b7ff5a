/// The caller of a query, by the evidence of CloudTrail's record alone.
package struct Caller: Sendable, Equatable {
    /// The person or program.
    package let person: Person
    /// The name of the role's session, nil for other identities.
    package let sessionName: String?
    /// The tool that made the call, as far as the record tells, in lower case: `dbt`, `grafana`, `console`.
    package let tool: String?
}

extension Caller {
    /// Names the caller of a record.
    ///
    /// - Parameters:
    ///   - identity: the record's `userIdentity`, without members when it is missing or unreadable.
    ///   - agent: the record's `userAgent`.
    ///   - userName: the record's `additionalEventData.UserName`, which Identity Center sets.
    init(_ identity: UserIdentity, agent: UserAgent, userName: String? = nil) {
        let person = identity.person(isMachine: agent.isMachine, identityCenterName: userName)
        self.person = person ?? Person(name: "unknown", kind: .unknown, source: .unknown)
        sessionName = identity.sessionName
        tool = identity.isQuickSight ? "quicksight" : agent.tool
    }
}

extension UserIdentity {
    /// The person or program by the evidence of a record, in a fixed order. The name of a session, which its caller
    /// chose, counts last. A name that no test finds to be a program's stays a person's.
    ///
    /// - Parameters:
    ///   - isMachine: whether the call came from a function or a container.
    ///   - identityCenterName: the name that Identity Center gave to the user.
    fileprivate func person(isMachine: Bool, identityCenterName: String?) -> Person? {
        if isServiceLinkedRole { return role }
        if let person = personByDirectory(identityCenterName) { return person }
        if let person = personBySourceIdentity { return person }
        if let person = personByType(isMachine: isMachine, identityCenterName: identityCenterName) { return person }
        return anyName
    }

    /// The user of Identity Center for whom the call was made, unless an address names the same person better.
    private func personByDirectory(_ identityCenterName: String?) -> Person? {
        guard let id = onBehalfOfUserID else { return nil }
        if let address = sourceIdentity?.withoutCommonName, address.hasAtSign {
            return Person(name: address, kind: .person, source: .sourceIdentity)
        }
        if sessionName?.hasAtSign == true { return personOfSession(isMachine: false) }
        return Person(name: identityCenterName ?? userName ?? id, kind: .person, source: .identityCenter)
    }

    /// The person of a source identity. IAM Roles Anywhere sets the subject of a certificate, which is a machine's
    /// more often than a person's.
    ///
    /// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    private var personBySourceIdentity: Person? {
        guard let source = sourceIdentity else { return nil }
        let name = source.withoutCommonName
        guard !name.isEmpty else { return nil }
        let isMachine =
            MachineSession.isMachine(name, role: roleName)
            || (name != source && sessionName.map { MachineSession.isMachine($0, role: nil) } == true)
        return isMachine && !name.hasAtSign ? nil : Person(name: name, kind: .person, source: .sourceIdentity)
    }

    private func personByType(isMachine: Bool, identityCenterName: String?) -> Person? {
        switch type {
        case .assumedRole: personOfSession(isMachine: isMachine) ?? role
        case .iamUser: person(userName ?? nameOfARN, .iamUser)
        case .federatedUser: federatedUser
        case .webIdentityUser, .samlUser: person(userName, .federated)
        case .identityCenterUser: person(identityCenterName ?? userName, .identityCenter)
        case .role: role
        // A service that acts for the root user is its door, as the console's sign-in page is.
        case .root: Person(name: "root", kind: .root, source: .root)
        case nil: nil
        }
    }

    private var anyName: Person? {
        if let service = invokedBy { return Person(name: service, kind: .service, source: .service) }
        let name = userName ?? nameOfARN ?? principalID ?? typeName
        return name.map { Person(name: $0, kind: .unknown, source: .unknown) }
    }

    private func person(_ name: String?, _ source: Person.Source) -> Person? {
        name.map { Person(name: $0, kind: .person, source: source) }
    }

    private var role: Person? {
        let name = type == .role ? userName ?? nameOfARN : roleName
        return (name ?? sessionName).map { Person(name: $0, kind: .role, source: .role) }
    }

    /// The person who named an assumed role's session after himself or herself.
    private func personOfSession(isMachine: Bool) -> Person? {
        guard let session = sessionName else { return nil }
        if roleName?.hasPrefix("AWSReservedSSO_") == true { return person(session, .identityCenter) }
        if session.hasAtSign { return person(session.withoutToolsPrefix, .sessionName) }
        guard !isMachine, roleKind != .service, !MachineSession.isMachine(session, role: roleName) else { return nil }
        return person(session, .sessionName)
    }

    /// The federated user, or the IAM user whose credentials made the session when a tool chose the name.
    private var federatedUser: Person? {
        let name = principalName ?? nameOfARN
        guard let name else { return nil }
        if let issuer = issuerName,
            name == issuerID || MachineSession.isMachine(name, role: nil)
        {
            return person(issuer, .iamUser)
        }
        return person(name, .federated)
    }

    private var isServiceLinkedRole: Bool {
        roleKind == .serviceLinked || roleName?.hasPrefix("AWSServiceRoleFor") == true
    }

    fileprivate var isQuickSight: Bool {
        invokedBy == "quicksight.amazonaws.com" || roleName?.hasPrefix("aws-quicksight-service-role") == true
    }
}

extension String {
    /// The common name of a certificate's subject, `CN=…`; other texts as they are.
    fileprivate var withoutCommonName: String {
        guard hasPrefix("CN=") else { return self }
        return String(dropFirst(3).prefix { $0 != "," })
    }

    /// An address without the text that a tool sets before it.
    ///
    /// https://github.com/mozilla-iam/mozilla-aws-cli/issues/108
    fileprivate var withoutToolsPrefix: String {
        let prefix = "federated-aws-cli-"
        return hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
