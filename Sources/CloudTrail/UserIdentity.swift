/// The identity that made a call, as CloudTrail records it.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
///
/// A member of an unexpected kind counts as absent, and so does an empty text.
struct UserIdentity: Equatable {
    private(set) var type: String?
    private(set) var userName: String?
    private(set) var principalID: String?
    private(set) var arn: String?
    private(set) var accountID: String?
    private(set) var invokedBy: String?
    /// The name that the first caller in a chain of roles set.
    private(set) var sourceIdentity: String?
    /// The role or user whose credentials made the session.
    private(set) var issuer: Issuer?
    /// Identity Center's id of the user for whom the call was made.
    private(set) var onBehalfOfUserID: String?

    /// The role or user whose credentials made a session.
    struct Issuer: Equatable {
        let name: String?
        let principalID: String?
        let arn: String?
    }

    /// Reads a `userIdentity`; nil for anything but an object.
    init?(_ identity: JSONText) {
        var found = UserIdentity()
        let isWhole = identity.forEachMember { name, value in
            switch name {
            case "type": found.type = value.text
            case "userName": found.userName = value.text
            case "principalId": found.principalID = value.text
            case "arn": found.arn = value.text
            case "accountId": found.accountID = value.text
            case "invokedBy": found.invokedBy = value.text
            case "sessionContext": found.readSession(value)
            case "onBehalfOf": found.onBehalfOfUserID = value["userId"]?.text
            default: break
            }
        }
        guard isWhole else { return nil }
        self = found
    }

    private init() {}

    private mutating func readSession(_ session: JSONText) {
        var source: JSONText?
        var issuer: JSONText?
        _ = session.forEachMember { name, value in
            switch name {
            case "sourceIdentity": source = value
            case "sessionIssuer": issuer = value
            default: break
            }
        }
        sourceIdentity = source?.text
        self.issuer = issuer.flatMap(Issuer.init)
    }
}

extension UserIdentity.Issuer {
    fileprivate init?(_ issuer: JSONText) {
        var name: JSONText?
        var principalID: JSONText?
        var arn: JSONText?
        let isWhole = issuer.forEachMember { member, value in
            switch member {
            case "userName": name = value
            case "principalId": principalID = value
            case "arn": arn = value
            default: break
            }
        }
        guard isWhole else { return nil }
        self.init(name: name?.text, principalID: principalID?.text, arn: arn?.text)
    }
}

extension UserIdentity {
    /// The name of the role that was assumed; nil for other types of identity.
    var roleName: String? {
        guard type == "AssumedRole" else { return nil }
        return issuer?.name ?? arn?.text(after: "/")?.firstSegment
    }

    /// The name of the role's session; nil for other types of identity.
    var sessionName: String? {
        guard type == "AssumedRole" else { return nil }
        return principalID?.text(after: ":") ?? arn?.text(after: "/")?.lastSegment
    }
}
