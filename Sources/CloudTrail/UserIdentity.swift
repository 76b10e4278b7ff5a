/// The identity that made a call, as CloudTrail records it.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
///
/// A member of an unexpected kind counts as absent, and so does an empty text.
struct UserIdentity: Equatable {
    let type: String?
    let userName: String?
    let principalID: String?
    let arn: String?
    let accountID: String?
    let invokedBy: String?
    /// The name that the first caller in a chain of roles set.
    let sourceIdentity: String?
    /// Identity Center's id of the user for whom the call was made.
    let onBehalfOfUserID: String?
    /// The name of the role or user whose credentials made the session.
    let issuerName: String?
    /// The id of that role or user. Only a federated user's is read.
    let issuerID: String?
    /// The kind of the role that was assumed, by its path.
    let roleKind: RoleKind
    /// The name of the role that was assumed; nil for other types of identity.
    let roleName: String?
    /// The name of the role's session; nil for other types of identity.
    let sessionName: String?

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

    /// Reads a `userIdentity`; nil for anything but an object.
    init?(_ identity: JSONText) {
        var members = Members()
        let isWhole = identity.forEachMember { name, value in
            switch name {
            case "type": members.type = value
            case "userName": members.userName = value
            case "principalId": members.principalID = value
            case "arn": members.arn = value
            case "accountId": members.accountID = value
            case "invokedBy": members.invokedBy = value
            case "sessionContext": members.session = value
            case "onBehalfOf": members.onBehalfOf = value
            default: break
            }
        }
        guard isWhole else { return nil }
        var sourceIdentity: JSONText?
        var issuer: JSONText?
        _ = members.session?.forEachMember { name, value in
            switch name {
            case "sourceIdentity": sourceIdentity = value
            case "sessionIssuer": issuer = value
            default: break
            }
        }
        var issuerName: JSONText?
        var issuerID: JSONText?
        var issuerARN: JSONText?
        _ = issuer?.forEachMember { name, value in
            switch name {
            case "userName": issuerName = value
            case "principalId": issuerID = value
            case "arn": issuerARN = value
            default: break
            }
        }
        type = members.type?.text
        userName = members.userName?.text
        principalID = members.principalID?.text
        arn = members.arn?.text
        accountID = members.accountID?.text
        invokedBy = members.invokedBy?.text
        onBehalfOfUserID = members.onBehalfOf?["userId"]?.text
        self.sourceIdentity = sourceIdentity?.text
        self.issuerName = issuerName?.text
        self.issuerID = type == "FederatedUser" ? issuerID?.text : nil
        let isRole = type == "AssumedRole"
        roleKind = isRole ? RoleKind(issuerARN) : .other
        roleName = isRole ? self.issuerName ?? arn?.text(after: "/")?.firstSegment : nil
        sessionName = isRole ? principalID?.text(after: ":") ?? arn?.text(after: "/")?.lastSegment : nil
    }

    private struct Members {
        var type, userName, principalID, arn, accountID, invokedBy, session, onBehalfOf: JSONText?
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
