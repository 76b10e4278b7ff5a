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
    ///   - identity: the record's `userIdentity`, nil when it is missing or unreadable.
    ///   - agent: the record's `userAgent`.
    ///   - userName: the record's `additionalEventData.UserName`, which Identity Center sets.
    init(_ identity: UserIdentity?, agent: UserAgent, userName: String? = nil) {
        let evidence = identity.map { Evidence(identity: $0, agent: agent, identityCenterName: userName) }
        person = evidence?.person ?? Person(name: "unknown", kind: .unknown, source: .unknown)
        sessionName = identity?.sessionName
        tool = identity?.isQuickSight == true ? "quicksight" : agent.tool
    }
}

/// The evidence of one record. Names are decided by evidence in a fixed order; the name of a session, which its caller
/// chose, counts last. A name that no test finds to be a program's stays a person's.
private struct Evidence {
    let identity: UserIdentity
    let agent: UserAgent
    let identityCenterName: String?

    var person: Person? {
        if identity.isServiceLinkedRole { return role }
        return personByDirectory ?? personBySourceIdentity ?? personByType ?? anyName
    }

    /// The user of Identity Center for whom the call was made, unless an address names the same person better.
    private var personByDirectory: Person? {
        guard let id = identity.onBehalfOfUserID else { return nil }
        if let address = identity.sourceIdentity?.withoutCommonName, address.hasAtSign {
            return Person(name: address, kind: .person, source: .sourceIdentity)
        }
        if let session = identity.sessionName, session.hasAtSign { return personByType }
        return Person(name: identityCenterName ?? id, kind: .person, source: .identityCenter)
    }

    /// The person of a source identity. IAM Roles Anywhere sets the subject of a certificate, which is a machine's
    /// more often than a person's.
    ///
    /// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    private var personBySourceIdentity: Person? {
        guard let source = identity.sourceIdentity else { return nil }
        let name = source.withoutCommonName
        guard !name.isEmpty else { return nil }
        let isMachine =
            MachineSession.isMachine(name, role: identity.roleName)
            || (name != source && identity.sessionName.map { MachineSession.isMachine($0, role: nil) } == true)
        return isMachine && !name.hasAtSign ? nil : Person(name: name, kind: .person, source: .sourceIdentity)
    }

    private var personByType: Person? {
        switch identity.type {
        case "AssumedRole": personOfSession ?? role
        case "IAMUser": person(identity.userName ?? identity.arn?.lastSegment, .iamUser)
        case "FederatedUser": federatedUser
        case "WebIdentityUser", "SAMLUser": person(identity.userName, .federated)
        case "IdentityCenterUser": person(identityCenterName ?? identity.userName, .identityCenter)
        case "Role": role
        // A service that acts for the root user is its door, as the console's sign-in page is.
        case "Root": Person(name: "root", kind: .root, source: .root)
        default: nil
        }
    }

    private var anyName: Person? {
        if let service = identity.invokedBy { return Person(name: service, kind: .service, source: .service) }
        let name = identity.userName ?? identity.arn?.lastSegment ?? identity.principalID ?? identity.type
        return name.map { Person(name: $0, kind: .unknown, source: .unknown) }
    }

    private func person(_ name: String?, _ source: Person.Source) -> Person? {
        name.map { Person(name: $0, kind: .person, source: source) }
    }

    private var role: Person? {
        let name = identity.type == "Role" ? identity.userName ?? identity.arn?.lastSegment : identity.roleName
        return (name ?? identity.sessionName).map { Person(name: $0, kind: .role, source: .role) }
    }

    /// The person who named an assumed role's session after himself or herself.
    private var personOfSession: Person? {
        guard let session = identity.sessionName else { return nil }
        if identity.roleName?.hasPrefix("AWSReservedSSO_") == true { return person(session, .identityCenter) }
        if session.hasAtSign { return person(session.withoutToolsPrefix, .sessionName) }
        let isMachine =
            identity.isServiceRole || agent.isMachine || MachineSession.isMachine(session, role: identity.roleName)
        return isMachine ? nil : person(session, .sessionName)
    }

    /// The federated user, or the IAM user whose credentials made the session when a tool chose the name.
    private var federatedUser: Person? {
        let name = identity.principalID?.text(after: ":") ?? identity.arn?.lastSegment
        guard let name else { return nil }
        if let issuer = identity.issuer?.name,
            name == identity.issuer?.principalID || MachineSession.isMachine(name, role: nil)
        {
            return person(issuer, .iamUser)
        }
        return person(name, .federated)
    }
}

extension UserIdentity {
    /// A role that only an AWS service may assume.
    ///
    /// https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
    fileprivate var isServiceLinkedRole: Bool {
        roleName?.hasPrefix("AWSServiceRoleFor") == true || issuer?.arn?.contains(":role/aws-service-role/") == true
    }

    /// A role that the console of a service made for that service.
    fileprivate var isServiceRole: Bool { issuer?.arn?.contains(":role/service-role/") == true }

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
