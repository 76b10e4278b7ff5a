package import JSON

/// The caller that a gateway admitted: the API key, and the identity that an authorizer, IAM or a certificate states.
///
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
package struct APICaller: Equatable {
    /// The known identities, each as `kind=name`; empty when the gateway has no authorizer.
    package let names: [String]
    /// Whether an authorizer admitted a caller without naming it, so that callers cannot be told apart.
    package let isNameless: Bool

    /// Reads a request's `requestContext`.
    package init(_ context: JSONValue) {
        let authorizer = context["authorizer"]
        let identity = context["identity"]
        let claims = authorizer?["jwt"]?["claims"] ?? authorizer?["claims"]
        let iam = authorizer?["iam"]
        let certificate = context["authentication"]?["clientCert"] ?? identity?["clientCert"]
        let authorized = Self.names([
            "principal": authorizer?["principalId"] ?? authorizer?["lambda"]?["principalId"],
            "subject": claims?["sub"],
            "arn": iam?["userArn"] ?? identity?["userArn"],
            "cognito": iam?["cognitoIdentity"]?["identityId"] ?? identity?["cognitoIdentityId"],
        ])
        let others: KeyValuePairs = [
            "key": identity?["apiKeyId"], "certificate": certificate?["subjectDN"], "issuer": claims?["iss"],
        ]
        names = Self.names(others) + authorized
        isNameless = Self.isThere(authorizer) && authorized.isEmpty
    }

    /// Whether an authorizer was asked. HTTP APIs have `"claims": null` in events of the first format when none was, and
    /// `"lambda": null` when one returned no context.
    private static func isThere(_ authorizer: JSONValue?) -> Bool {
        guard case .object(let members) = authorizer else { return false }
        return members.contains { $0.value != .null || $0.name == "lambda" }
    }

    private static func names(_ found: KeyValuePairs<String, JSONValue?>) -> [String] {
        found.compactMap { kind, name in name?.string.map { "\(kind)=\($0)" } }
    }
}
