import JSON
package import Time

/// The users of IAM Identity Center.
package struct IdentityStore {
    private let client: AWSClient
    private let id: String
    private let region: String?

    /// Creates a client of one identity store.
    ///
    /// - Parameters:
    ///   - id: the store's id, `d-…`.
    ///   - region: the region in which Identity Center is enabled, nil for the client's own.
    package init(_ client: AWSClient, id: String, region: String?) {
        self.client = client
        self.id = id
        self.region = region
    }

    /// The primary address of a user, else any address, else the user name; nil for a user who is unknown or has none
    /// of them.
    ///
    /// https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_DescribeUser.html
    package func name(ofUser userID: String, before deadline: Deadline) throws(AWSError) -> String? {
        let request: JSONValue = ["IdentityStoreId": .string(id), "UserId": .string(userID)]
        let call = AWSCall.json(.identityStore, "DescribeUser", request, region: region)
        do throws(AWSError) {
            return try client.send(call, before: deadline) { answer throws(JSONError) in Self.name(in: answer) }
        } catch {
            // The same code says that the store is unknown, which is a mistake of the settings.
            if case .refused(let refusal) = error, refusal.code == "ResourceNotFoundException",
                refusal.message.uppercased().hasPrefix("USER")
            {
                return nil
            }
            throw error
        }
    }

    private static func name(in answer: JSONValue) -> String? {
        let emails = answer["Emails"]?.array ?? []
        let addresses = emails.filter { $0["Primary"] == true } + emails
        return (addresses.map { $0["Value"]?.string } + [answer["UserName"]?.string])
            .compactMap(\.self).first { !$0.isEmpty }
    }
}
