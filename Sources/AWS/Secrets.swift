import JSON
package import Time

/// Secret texts kept in the Systems Manager's parameter store or in Secrets Manager.
package struct Secrets {
    private let client: AWSClient

    /// Creates a client of both stores.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A parameter's value, decrypted.
    package func parameter(_ name: String, before deadline: Deadline) throws(AWSError) -> String {
        let call = AWSCall.json(.ssm, "GetParameter", ["Name": .string(name), "WithDecryption": true])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.required("Parameter", "Value")
        }
    }

    /// The text of a secret's current version.
    ///
    /// - Parameter id: the secret's name or ARN.
    package func secret(_ id: String, before deadline: Deadline) throws(AWSError) -> String {
        let call = AWSCall.json(.secretsManager, "GetSecretValue", ["SecretId": .string(id)])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.required("SecretString")
        }
    }
}
