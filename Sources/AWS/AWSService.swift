/// The differences between the protocols of the AWS services.
package struct AWSService: Sendable {
    /// The form of a service's host names: `<name>[-fips].<region>.<domain>`, or an exception from it.
    enum HostForm {
        case standard
        /// The ordinary host in GovCloud is the one that is validated under FIPS 140.
        case validatedInGovCloud
        /// The same holds for the host with IPv6 addresses.
        case validatedInGovCloudWithDualStack
        /// S3: the domain stays, and dual stack is a label before the region. China has no FIPS endpoints.
        case dualStackLabel
        /// Secrets Manager: the ordinary host of the large partitions has IPv6 addresses, too.
        case dualStackByDefault
    }

    /// The name in the credential scope, and the first label of the host name.
    package let signingName: String
    let hostForm: HostForm
    /// The end of the `AWS_ENDPOINT_URL_…` variable.
    let variableSuffix: String
    /// The text before the operation in `X-Amz-Target`, nil for a service without a JSON protocol.
    let targetPrefix: String?
    /// The version in `application/x-amz-json-…`.
    let jsonVersion: String
    /// Decides whether a call is made again.
    let retry: RetryPolicy
    /// The name in IAM policies.
    let policyName: String

    private init(
        _ name: String,
        _ hostForm: HostForm = .standard,
        variableSuffix: String,
        targetPrefix: String?,
        jsonVersion: String = "1.1",
        retry: RetryPolicy = .standard,
        policyName: String? = nil
    ) {
        signingName = name
        self.hostForm = hostForm
        self.variableSuffix = variableSuffix
        self.targetPrefix = targetPrefix
        self.jsonVersion = jsonVersion
        self.retry = retry
        self.policyName = policyName ?? name
    }

    static let s3 = AWSService("s3", .dualStackLabel, variableSuffix: "S3", targetPrefix: nil)
    /// DynamoDB.
    package static let dynamoDB = AWSService(
        "dynamodb",
        .validatedInGovCloud,
        variableSuffix: "DYNAMODB",
        targetPrefix: "DynamoDB_20120810",
        jsonVersion: "1.0",
        retry: .dynamoDB
    )
    /// SQS.
    package static let sqs = AWSService(
        "sqs",
        .validatedInGovCloud,
        variableSuffix: "SQS",
        targetPrefix: "AmazonSQS",
        jsonVersion: "1.0"
    )
    /// Athena.
    package static let athena = AWSService("athena", variableSuffix: "ATHENA", targetPrefix: "AmazonAthena")
    /// Glue.
    package static let glue = AWSService("glue", variableSuffix: "GLUE", targetPrefix: "AWSGlue")
    static let ssm = AWSService("ssm", .validatedInGovCloud, variableSuffix: "SSM", targetPrefix: "AmazonSSM")
    static let secretsManager = AWSService(
        "secretsmanager",
        .dualStackByDefault,
        variableSuffix: "SECRETS_MANAGER",
        targetPrefix: "secretsmanager"
    )
    static let sts = AWSService("sts", .validatedInGovCloud, variableSuffix: "STS", targetPrefix: nil)
    static let identityStore = AWSService(
        "identitystore",
        .validatedInGovCloud,
        variableSuffix: "IDENTITYSTORE",
        targetPrefix: "AWSIdentityStore"
    )
    static let cloudFormation = AWSService(
        "cloudformation",
        .validatedInGovCloud,
        variableSuffix: "CLOUDFORMATION",
        targetPrefix: nil
    )
    static let lambda = AWSService("lambda", variableSuffix: "LAMBDA", targetPrefix: nil)
    static let cloudTrail = AWSService(
        "cloudtrail",
        .validatedInGovCloud,
        variableSuffix: "CLOUDTRAIL",
        targetPrefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"
    )
    static let cloudWatch = AWSService(
        "monitoring",
        .validatedInGovCloudWithDualStack,
        variableSuffix: "CLOUDWATCH",
        targetPrefix: "GraniteServiceVersion20100801",
        jsonVersion: "1.0",
        policyName: "cloudwatch"
    )
    static let logs = AWSService(
        "logs",
        .validatedInGovCloud,
        variableSuffix: "CLOUDWATCH_LOGS",
        targetPrefix: "Logs_20140328"
    )
    static let eventBridge = AWSService(
        "events",
        .validatedInGovCloudWithDualStack,
        variableSuffix: "EVENTBRIDGE",
        targetPrefix: "AWSEvents"
    )

    /// All services that this module calls.
    package static let all = [
        s3, dynamoDB, sqs, athena, glue, ssm, secretsManager, sts, identityStore, cloudFormation,
        lambda, cloudTrail, cloudWatch, logs, eventBridge,
    ]
}
