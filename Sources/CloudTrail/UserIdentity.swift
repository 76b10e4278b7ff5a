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
    /// The name of the role that was assumed.
    let roleName: String?
    /// Identity Center's id of the user for whom the call was made.
    let onBehalfOfUserID: String?

    /// Reads a `userIdentity`; nil for anything but an object.
    init?(_ identity: JSONText) {
        var type: JSONText?
        var userName: JSONText?
        var principalID: JSONText?
        var arn: JSONText?
        var accountID: JSONText?
        var invokedBy: JSONText?
        var session: JSONText?
        var onBehalfOf: JSONText?
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
        self.type = type?.text
        self.userName = userName?.text
        self.principalID = principalID?.text
        self.arn = arn?.text
        self.accountID = accountID?.text
        self.invokedBy = invokedBy?.text
        var source: JSONText?
        var issuer: JSONText?
        _ = session?.forEachMember { name, value in
            switch name {
            case "sourceIdentity": source = value
            case "sessionIssuer": issuer = value
            default: break
            }
        }
        sourceIdentity = source?.text
        roleName = issuer?["userName"]?.text
        onBehalfOfUserID = onBehalfOf?["userId"]?.text
    }
}

/// The person or program that ran a query.
package struct Person: Sendable, Equatable {
    /// The name to show and to look up; never empty.
    package let name: String
    package let kind: Kind

    /// The kind of user that a name stands for.
    package enum Kind: String, Sendable {
        /// A human being, who may have an e-mail address.
        case person
        /// A role that a program assumed.
        case role
        /// An AWS service.
        case service
        /// The account's root user.
        case root
        /// An identity that does not reveal its kind.
        case unknown
    }

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

extension Person {
    /// Names the person behind an identity.
    ///
    /// - Parameters:
    ///   - identity: the record's `userIdentity`, nil when it is missing or unreadable.
    ///   - userName: the record's `additionalEventData.UserName`, which Identity Center sets.
    init(_ identity: UserIdentity?, userName: String? = nil) {
        self = identity?.person(identityCenterName: userName) ?? Person(name: "unknown", kind: .unknown)
    }
}

extension UserIdentity {
    /// The source identity if there is one, since it names a person and cannot change along a chain of roles; else the
    /// name that the type of identity has.
    fileprivate func person(identityCenterName: String?) -> Person? {
        if let name = sourceIdentity { return Person(name: name, kind: .person) }
        let named: Person? =
            switch type {
            case "AssumedRole": assumedRole
            case "IAMUser": person(userName ?? arn?.lastSegment)
            case "FederatedUser": person(federatedName)
            case "WebIdentityUser", "SAMLUser": person(userName)
            case "IdentityCenterUser": person(identityCenterName ?? userName ?? onBehalfOfUserID)
            case "Role": (userName ?? arn?.lastSegment).map { Person(name: $0, kind: .role) }
            default: nil
            }
        if let named { return named }
        if let service = invokedBy { return Person(name: service, kind: .service) }
        if type == "Root" { return Person(name: "root", kind: .root) }
        let name = userName ?? arn?.lastSegment ?? principalID ?? type
        return name.map { Person(name: $0, kind: .unknown) }
    }

    private func person(_ name: String?) -> Person? {
        name.map { Person(name: $0, kind: .person) }
    }

    /// The person or role of an assumed role. The caller names the session: people use their own names, programs do
    /// not.
    private var assumedRole: Person? {
        let role = roleName ?? arn?.text(after: "/")?.firstSegment
        let session = principalID?.text(after: ":") ?? arn?.text(after: "/")?.lastSegment
        guard let session else { return role.map { Person(name: $0, kind: .role) } }
        let isPersons = role?.isIdentityCenterRole == true || session.hasAtSign
        guard isPersons || !session.isMachineSession else { return Person(name: role ?? session, kind: .role) }
        return Person(name: session, kind: .person)
    }

    private var federatedName: String? {
        principalID?.text(after: ":") ?? arn?.lastSegment
    }
}

extension String {
    /// The text after the last slash, trailing slashes left out; nil without such a slash.
    fileprivate var lastSegment: String? {
        part { bytes in
            guard let last = bytes.lastIndex(where: { $0 != Self.slash }),
                let before = bytes[..<last].lastIndex(of: Self.slash)
            else { return nil }
            return (before + 1)..<(last + 1)
        }
    }

    /// The text after the first of these signs; nil when it is empty or the sign is missing.
    fileprivate func text(after sign: Unicode.Scalar) -> String? {
        part { bytes in bytes.firstIndex(of: UInt8(ascii: sign)).map { ($0 + 1)..<bytes.count } }
    }

    /// The text before the first slash; nil when it is empty.
    fileprivate var firstSegment: String? {
        part { bytes in 0..<(bytes.firstIndex(of: Self.slash) ?? bytes.count) }
    }

    private static let slash = UInt8(ascii: "/")

    private func withBytes<Found>(_ find: (UnsafeBufferPointer<UInt8>) -> Found) -> Found {
        var text = self
        return text.withUTF8(find)
    }

    /// The part that a search in the bytes finds; nil when it finds nothing or an empty part.
    private func part(_ find: (UnsafeBufferPointer<UInt8>) -> Range<Int>?) -> String? {
        withBytes { bytes in
            guard let range = find(bytes), !range.isEmpty else { return nil }
            return String(decoding: bytes[range], as: UTF8.self)
        }
    }

    fileprivate var isIdentityCenterRole: Bool {
        withBytes { $0.starts(with: "AWSReservedSSO_") }
    }

    fileprivate var hasAtSign: Bool {
        withBytes { $0.contains(UInt8(ascii: "@")) }
    }

    /// Whether a session's name is one that SDKs, AWS services or schedulers generate.
    fileprivate var isMachineSession: Bool {
        withBytes { bytes in
            if Self.machinePrefixes.contains(where: { bytes.starts(with: $0) }) { return true }
            let hexadecimalDigits = bytes.count { Self.isHexadecimalDigit($0) }
            if bytes.starts(with: "i-"), bytes.count >= 10, hexadecimalDigits == bytes.count - 2 { return true }
            // UUIDs with or without hyphens, container task ids, Unix times.
            let hyphens = bytes.count { $0 == UInt8(ascii: "-") }
            let isNumber = bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return hexadecimalDigits + hyphens == bytes.count
                && (bytes.count >= 32 || (bytes.count >= 9 && isNumber))
        }
    }

    private static let machinePrefixes: [StaticString] = [
        "botocore-session", "aws-sdk-", "aws-go-sdk-", "AWSCLI-Session", "aws-cli-", "GlueJobRunnerSession", "session-",
        "eks-", "AssumeRoleSession", "RoleSession", "CognitoIdentityCredentials", "SageMaker", "AutoScaling",
        "redshift-",
    ]

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func starts(with prefix: StaticString) -> Bool {
        starts(with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
    }
}
