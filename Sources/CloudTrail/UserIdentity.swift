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
        guard let members = Members(identity) else { return nil }
        type = members.type?.text
        userName = members.userName?.text
        principalID = members.principalID?.text
        arn = members.arn?.text
        accountID = members.accountID?.text
        invokedBy = members.invokedBy?.text
        onBehalfOfUserID = members.onBehalfOf?["userId"]?.text
        sourceIdentity = members.sourceIdentity?.text
        issuerName = members.issuerName?.text
        issuerID = type == "FederatedUser" ? members.issuerID?.text : nil
        let isRole = type == "AssumedRole"
        roleKind = isRole ? RoleKind(members.issuerARN) : .other
        roleName = isRole ? issuerName ?? arn?.text(after: "/")?.firstSegment : nil
        sessionName = isRole ? principalID?.text(after: ":") ?? arn?.text(after: "/")?.lastSegment : nil
    }
}

/// The members of a `userIdentity` that matter, those of the session and its issuer among them.
private struct Members {
    private(set) var type, userName, principalID, arn, accountID, invokedBy, onBehalfOf: JSONText?
    private(set) var sourceIdentity, issuerName, issuerID, issuerARN: JSONText?

    init?(_ identity: JSONText) {
        var session: JSONText?
        let isWhole = identity.forEachMember { name, value in
            switch name {
            case "type": type = value
            case "userName": userName = value
            case "principalId": principalID = value
            case "arn": arn = value
            case "accountId": accountID = value
            case "invokedBy": invokedBy = value
            case "sessionContext": session = value
            case "onBehalfOf": onBehalfOf = value
            default: break
            }
        }
        guard isWhole else { return nil }
        if let session { readSession(session) }
    }

    private mutating func readSession(_ session: JSONText) {
        var issuer: JSONText?
        _ = session.forEachMember { name, value in
            switch name {
            case "sourceIdentity": sourceIdentity = value
            case "sessionIssuer": issuer = value
            default: break
            }
        }
        _ = issuer?.forEachMember { name, value in
            switch name {
            case "userName": issuerName = value
            case "principalId": issuerID = value
            case "arn": issuerARN = value
            default: break
            }
        }
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
