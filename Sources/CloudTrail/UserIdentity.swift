/// The identity that made a call, as CloudTrail records it.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
///
/// A member of an unexpected kind counts as absent, and so does an empty text.
struct UserIdentity {
    private let members: Members
    /// The ARN of the identity.
    let arn: String?
    /// The kind of identity, nil for one that is not known.
    let type: Kind?
    /// The kind of the role that was assumed, by its path.
    let roleKind: RoleKind
    /// The name of the role that was assumed; nil for other types of identity.
    let roleName: String?
    /// The name of the role's session; nil for other types of identity.
    let sessionName: String?

    /// The kinds of identity that tell who the caller is.
    enum Kind {
        case assumedRole, federatedUser, iamUser, identityCenterUser, role, root, samlUser, webIdentityUser
    }

    /// A kind of role, by its path.
    enum RoleKind: Equatable {
        /// A role that only an AWS service may assume.
        ///
        /// https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
        case serviceLinked
        /// A role that the console of a service made for that service.
        case service
        case other
    }

    init(_ members: Members) {
        self.members = members
        arn = members.arn?.text
        type = members.type.flatMap(Kind.init)
        let isRole = type == .assumedRole
        roleKind = isRole ? RoleKind(members.issuerARN) : .other
        roleName = isRole ? members.issuerName?.text ?? members.roleOfARN : nil
        sessionName = isRole ? members.principalName ?? members.sessionOfARN : nil
    }

    /// The kind of identity as CloudTrail writes it.
    var typeName: String? { members.type?.text }
    var userName: String? { members.userName?.text }
    var principalID: String? { members.principalID?.text }
    /// The part of the principal's id that the caller chose.
    var principalName: String? { members.principalName }
    /// The name at the end of the ARN.
    var nameOfARN: String? { members.arn?.withText { $0.lastSegment?.text } }
    var accountID: String? { members.accountID?.text }
    var invokedBy: String? { members.invokedBy?.text }
    /// The name that the first caller in a chain of roles set.
    var sourceIdentity: String? { members.sourceIdentity?.text }
    /// Identity Center's id of the user for whom the call was made.
    var onBehalfOfUserID: String? { members.onBehalfOfUserID?.text }
    /// The name of the role or user whose credentials made the session.
    var issuerName: String? { members.issuerName?.text }
    /// The id of that role or user.
    var issuerID: String? { members.issuerID?.text }
}

extension UserIdentity {
    /// The members of a `userIdentity` that matter, those of the session and its issuer among them.
    ///
    /// Valid only as long as the bytes of the record are.
    struct Members {
        private(set) var type, userName, principalID, arn, accountID, invokedBy, onBehalfOfUserID: JSONText?
        private(set) var sourceIdentity, issuerName, issuerID, issuerARN: JSONText?

        /// The members of an identity that is missing.
        init() {}

        /// Reads the members; nil for anything but an object without a mistake.
        init?(_ identity: inout JSONText) {
            let isWhole = identity.forEachMember { name, value in
                switch name {
                case "type": type = value
                case "userName": userName = value
                case "principalId": principalID = value
                case "arn": arn = value
                case "accountId": accountID = value
                case "invokedBy": invokedBy = value
                case "sessionContext": readSession(&value)
                case "onBehalfOf": onBehalfOfUserID = value.member("userId")
                default: break
                }
            }
            guard isWhole else { return nil }
        }

        /// The part of the principal's id after its colon.
        var principalName: String? { principalID?.withText { $0.bytes(after: ":")?.text } }

        /// The role in `arn:aws:sts::123456789012:assumed-role/<role>/<session>`.
        var roleOfARN: String? { arn?.withText { $0.bytes(after: "/")?.firstSegment?.text } }

        /// The session there.
        var sessionOfARN: String? { arn?.withText { $0.bytes(after: "/")?.lastSegment?.text } }

        private mutating func readSession(_ session: inout JSONText) {
            sourceIdentity = nil
            forgetIssuer()
            _ = session.forEachMember { name, value in
                switch name {
                case "sourceIdentity": sourceIdentity = value
                case "sessionIssuer": readIssuer(&value)
                default: break
                }
            }
        }

        private mutating func readIssuer(_ issuer: inout JSONText) {
            forgetIssuer()
            _ = issuer.forEachMember { name, value in
                switch name {
                case "userName": issuerName = value
                case "principalId": issuerID = value
                case "arn": issuerARN = value
                default: break
                }
            }
        }

        /// Prepares for another issuer: of members with one name, the last counts.
        private mutating func forgetIssuer() {
            (issuerName, issuerID, issuerARN) = (nil, nil, nil)
        }
    }
}

extension UserIdentity.Kind {
    fileprivate init?(_ type: JSONText) {
        let kind: Self? = type.withText { text in
            switch JSONName(bytes: text) {
            case "AssumedRole": .assumedRole
            case "FederatedUser": .federatedUser
            case "IAMUser": .iamUser
            case "IdentityCenterUser": .identityCenterUser
            case "Role": .role
            case "Root": .root
            case "SAMLUser": .samlUser
            case "WebIdentityUser": .webIdentityUser
            default: nil
            }
        }
        guard let kind else { return nil }
        self = kind
    }
}

extension UserIdentity.RoleKind {
    /// Reads the path in `arn:aws:iam::123456789012:role/<path>/<name>`.
    fileprivate init(_ arn: JSONText?) {
        let kind: UserIdentity.RoleKind? = arn?.withText { text in
            // The fifth colon ends the account.
            var colons = 0
            guard
                let start = text.firstIndex(where: { byte in
                    if byte == UInt8(ascii: ":") { colons += 1 }
                    return colons == 5
                })
            else { return nil }
            let resource = UnsafeRawBufferPointer(rebasing: text[start...])
            if resource.begins(with: ":role/aws-service-role/") { return .serviceLinked }
            return resource.begins(with: ":role/service-role/") ? .service : nil
        }
        self = kind ?? .other
    }
}
