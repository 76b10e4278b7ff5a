public import Time

/// An access key, for a while or for good.
public struct Credentials: Sendable, Equatable {
    /// The key's public half.
    public let accessKeyID: String
    /// The key's secret half; never log it.
    public let secretAccessKey: String
    /// The token that goes with temporary keys.
    public let sessionToken: String?
    /// When the key stops working, when that is known.
    public let expiration: Timestamp?

    /// Creates credentials.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Timestamp? = nil)
    {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}
