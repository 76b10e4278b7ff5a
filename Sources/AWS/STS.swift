package import Time

/// The account of the credentials.
package struct STS {
    private let client: AWSClient

    /// Creates a client of STS.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// The account of the credentials; asking needs no permission.
    ///
    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    package func accountID(before deadline: Deadline) throws(AWSError) -> String {
        let call = AWSCall.query(.sts, "GetCallerIdentity", version: "2011-06-15")
        let answer = try client.send(call, before: deadline).document(of: call)
        guard let account = answer.first("Account")?.text, !account.isEmpty else {
            throw .unreadable(call: call.name, reason: "it names no account")
        }
        return account
    }
}
