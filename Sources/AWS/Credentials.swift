package import Time

/// An access key, temporary or permanent.
package struct Credentials: Sendable, Equatable {
    /// The key's public half.
    package let accessKeyID: String
    /// The key's secret half; never log it.
    package let secretAccessKey: String
    /// The token that goes with temporary keys.
    package let sessionToken: String?
    /// The time at which the key expires, nil when it is not known.
    package let expiration: Timestamp?

    /// Creates credentials.
    package init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiration: Timestamp? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}
