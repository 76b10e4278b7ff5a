/// The person or program that ran a query.
package struct Person: Sendable, Hashable {
    /// The name to show and to look up; never empty.
    package var name: String
    /// The kind of user that the name stands for.
    package var kind: Kind
    /// The evidence that gave the name.
    package var source: Source

    /// The kind of user that a name stands for.
    package enum Kind: String, Sendable, CaseIterable {
        /// A human being, who may have an e-mail address.
        case person
        /// A role that a program assumed.
        case role
        /// An AWS service, or another program.
        case service
        /// The account's root user.
        case root
        /// An identity that does not reveal its kind.
        case unknown
    }

    /// The evidence that gave a name.
    package enum Source: String, Sendable, CaseIterable {
        /// The name that the first caller in a chain of roles set. It cannot change along the chain.
        case sourceIdentity = "source_identity"
        /// IAM Identity Center: its user, or the session of one of its roles.
        case identityCenter = "identity_center"
        /// A comment in the SQL, which a tool or a person wrote there.
        case sqlComment = "sql_comment"
        /// The name of a role's session, which the caller chose.
        case sessionName = "session_name"
        /// An IAM user.
        case iamUser = "iam_user"
        /// A user of another identity provider.
        case federated
        /// The settings' word for another name.
        case alias
        /// The role that a program assumed.
        case role
        /// The service that made the call.
        case service
        /// The account's root user.
        case root
        /// No evidence of the kinds above.
        case unknown
    }

    package init(name: String, kind: Kind, source: Source) {
        self.name = name
        self.kind = kind
        self.source = source
    }
}
