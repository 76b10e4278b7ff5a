package import Time

/// An access key, for a while or for good.
package struct Credentials: Sendable, Equatable {
    /// The key's public half.
    package let accessKeyID: String
    /// The key's secret half; never log it.
    package let secretAccessKey: String
    /// The token that goes with temporary keys.
    package let sessionToken: String?
    /// When the key stops working, when that is known.
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
