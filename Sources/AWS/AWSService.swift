/// The differences between the protocols of the AWS services.
package struct AWSService: Sendable {
    /// The name in the credential scope, and the first label of the host name.
    let signingName: String
    /// The end of the `AWS_ENDPOINT_URL_…` variable.
    let variableSuffix: String
    /// The text before the operation in `X-Amz-Target`, nil for a service without a JSON protocol.
    let targetPrefix: String?
    /// The version in `application/x-amz-json-…`.
    let jsonVersion: String
    /// Decides whether a call is made again.
    let retry: RetryPolicy

    private init(
        _ name: String,
        variableSuffix: String,
        targetPrefix: String?,
        jsonVersion: String = "1.1",
        retry: RetryPolicy = .standard
    ) {
        signingName = name
        self.variableSuffix = variableSuffix
        self.targetPrefix = targetPrefix
        self.jsonVersion = jsonVersion
        self.retry = retry
    }

    static let s3 = AWSService("s3", variableSuffix: "S3", targetPrefix: nil)
    /// DynamoDB.
    package static let dynamoDB = AWSService(
        "dynamodb",
        variableSuffix: "DYNAMODB",
        targetPrefix: "DynamoDB_20120810",
        jsonVersion: "1.0",
        retry: .dynamoDB
    )
    /// SQS.
    package static let sqs = AWSService("sqs", variableSuffix: "SQS", targetPrefix: "AmazonSQS", jsonVersion: "1.0")
    /// Athena.
    package static let athena = AWSService("athena", variableSuffix: "ATHENA", targetPrefix: "AmazonAthena")
    /// Glue.
    package static let glue = AWSService("glue", variableSuffix: "GLUE", targetPrefix: "AWSGlue")
    static let ssm = AWSService("ssm", variableSuffix: "SSM", targetPrefix: "AmazonSSM")
    static let secretsManager = AWSService(
        "secretsmanager",
        variableSuffix: "SECRETS_MANAGER",
        targetPrefix: "secretsmanager"
    )
    static let sts = AWSService("sts", variableSuffix: "STS", targetPrefix: nil)
    static let identityStore = AWSService(
        "identitystore",
        variableSuffix: "IDENTITYSTORE",
        targetPrefix: "AWSIdentityStore"
    )
    static let cloudFormation = AWSService("cloudformation", variableSuffix: "CLOUDFORMATION", targetPrefix: nil)
    static let lambda = AWSService("lambda", variableSuffix: "LAMBDA", targetPrefix: nil)
}
