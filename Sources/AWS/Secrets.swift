/// Secret texts kept in the Systems Manager's parameter store or in Secrets Manager.
public struct Secrets {
    private let client: AWSClient

    /// Creates a door to both stores.
    public init(_ client: AWSClient) {
        self.client = client
    }

    /// A parameter's value, decrypted.
    public func parameter(_ name: String, before deadline: ContinuousClock.Instant) throws(AWSError) -> String {
        let call = try AWSCall.json(.ssm, "GetParameter", ParameterInput(Name: name, WithDecryption: true))
        return try client.send(call, before: deadline).decoded(ParameterOutput.self, of: call.name).Parameter.Value
    }

    /// The text of a secret's current version.
    ///
    /// - Parameter id: the secret's name or ARN.
    public func secret(_ id: String, before deadline: ContinuousClock.Instant) throws(AWSError) -> String {
        let call = try AWSCall.json(.secretsManager, "GetSecretValue", SecretInput(SecretId: id))
        return try client.send(call, before: deadline).decoded(SecretOutput.self, of: call.name).SecretString
    }
}

private struct ParameterInput: Encodable {
    let Name: String
    let WithDecryption: Bool
}

private struct ParameterOutput: Decodable {
    let Parameter: Value

    struct Value: Decodable {
        let Value: String
    }
}

private struct SecretInput: Encodable {
    let SecretId: String
}

private struct SecretOutput: Decodable {
    let SecretString: String
}
