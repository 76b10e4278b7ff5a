import AWS
package import Alerting
package import HTTP
import JSON
package import LambdaRuntime
import Querying
import Slack
package import System
import Time

/// Puts handlers together from the settings and the environment, in the init phase.
package struct HandlerAssembly {
    /// Lambda allows ten seconds for the init phase.
    private static let timeLimit = Duration.seconds(8)

    private let environment: Environment
    private let settings: Settings
    private let http: HTTPClient
    private let aws: AWSClient
    private let deadline = Deadline.after(Self.timeLimit)

    /// Creates an assembly.
    ///
    /// - Throws: an error that names what is missing.
    package init(environment: Environment, settings: Settings, http: HTTPClient) throws {
        self.environment = environment
        self.settings = settings
        self.http = http
        aws = try AWSClient(environment: environment, http: http)
    }

    /// Makes a handler with all that it needs, and does what can be done before its first invocation.
    ///
    /// - Parameters:
    ///   - name: which one.
    ///   - notifiers: what carries alerts besides Slack.
    package func handler(_ name: HandlerName, notifiers: [any Notifier] = []) throws -> any LambdaHandler {
        let handler = try assembled(name, notifiers)
        aws.warmUp(Self.services(of: name))
        return handler
    }

    private func assembled(_ name: HandlerName, _ notifiers: [any Notifier]) throws -> any LambdaHandler {
        switch name {
        case .cloudTrailHandler:
            return CloudTrailHandler(s3: S3(aws), store: try store())
        case .usageUpdate:
            return UsageUpdate(
                athena: Athena(aws),
                sqs: SQS(aws),
                queueURL: try value(settings.queueURL, "sqs_queue_url", variable: "SQS_QUEUE_URL"),
                store: try store(),
                price: price
            )
        case .notification:
            return NotificationHandler(
                store: try store(),
                policy: AlertPolicy(thresholds: settings.thresholds),
                price: price,
                notifiers: [try slack()] + notifiers
            )
        case .runQuery:
            return RunQuery(athena: Athena(aws), s3: S3(aws), environment: environment)
        case .queryAPI:
            return QueryAPI(athena: Athena(aws), settings: try queryAPISettings())
        case .queryRetention:
            return QueryRetention(s3: S3(aws), root: try results())
        case .partitionRefresh:
            return try partitionRefresh()
        }
    }

    /// What a handler calls first; S3 has a host name for each bucket, which only the event tells.
    private static func services(of name: HandlerName) -> [AWSService] {
        switch name {
        case .cloudTrailHandler, .notification: [.dynamoDB]
        case .usageUpdate: [.dynamoDB, .athena, .sqs]
        case .runQuery, .queryAPI: [.athena]
        case .queryRetention: []
        case .partitionRefresh: [.sqs, .glue]
        }
    }

    /// Makes what compares log files with the table.
    ///
    /// - Parameters:
    ///   - isReplaying: whether to store what is missing.
    ///   - report: takes what is found and says whether to go on.
    package func reconciliation(
        isReplaying: Bool,
        report: @escaping (Reconciliation.Finding) -> Bool
    ) throws -> Reconciliation {
        Reconciliation(store: try store(), s3: S3(aws), sts: STS(aws), isReplaying: isReplaying, report: report)
    }

    /// Makes what puts back the messages and events that were given up.
    package func redrive() -> Redrive {
        Redrive(cloudFormation: CloudFormation(aws), sqs: SQS(aws), lambda: Lambda(aws), pause: AWSClient.sleep)
    }

    private var price: Price { Price(perTB: settings.pricePerTB) }

    private func store() throws -> QueryStore {
        QueryStore(
            DynamoDB(aws),
            table: try value(settings.queriesTable, "queries_table", variable: "QUERIES_TABLE"),
            retentionDays: settings.retentionDays
        )
    }

    private func queryAPISettings() throws -> QueryAPISettings {
        let database = try required("DATABASE")
        let tables = try required("QUERY_API_TABLES").split(separator: ",").map { name in
            String(name.filter { !$0.isWhitespace })
        }
        let longest = try minutes("LONGEST_RETENTION_MINUTES") ?? 43_200
        return QueryAPISettings(
            output: try results(),
            database: database,
            workgroup: variable("ATHENA_WORKGROUP"),
            check: ReadOnlySQL(database: database, tables: tables),
            retention: min(try minutes("RETENTION_MINUTES") ?? 1440, longest),
            longestRetention: longest,
            key: try clear(variable("QUERY_API_KEY").map { Secret($0) }, "QUERY_API_KEY")
        )
    }

    /// The folder of `query_api`'s results.
    private func results() throws(HandlerError) -> ObjectLocation {
        let text = try required("OUTPUT_S3_BUCKET")
        guard let location = ObjectLocation(folder: text) else {
            throw .misconfigured("OUTPUT_S3_BUCKET: expected s3://bucket/path/, found '\(text)'")
        }
        return location
    }

    private func minutes(_ name: String) throws(HandlerError) -> Int64? {
        guard let text = variable(name) else { return nil }
        let range = TenantResults.retentions
        guard let minutes = Int64(text), range.contains(minutes) else {
            throw .misconfigured(
                "\(name): expected a whole number from \(range.lowerBound) to \(range.upperBound), found '\(text)'"
            )
        }
        return minutes
    }

    private func required(_ name: String) throws(HandlerError) -> String {
        guard let value = variable(name) else { throw .misconfigured("\(name) is not set") }
        return value
    }

    private func variable(_ name: String) -> String? { environment[name] }

    private func partitionRefresh() throws -> PartitionRefresh {
        let settings = settings.partitionRefresh
        // These two are the stack's to decide; a file that says otherwise would be believed in vain.
        for (key, setting, variable) in [
            ("memory", settings.memory.map { "\($0)" }, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
            ("schedule_expression", settings.schedule, "PARTITION_REFRESH_SCHEDULE"),
        ] {
            guard let setting, let deployed = optional(nil, variable), deployed != setting else { continue }
            let problem = "the settings say '\(setting)', but the function was deployed with '\(deployed)'"
            throw SettingsError(key: "partition_refresh.\(key)", problem: problem)
        }
        let modeVariable = "PARTITION_REFRESH_MODE"
        let mode = try settings.mode ?? optional(nil, modeVariable).map { try .init(named: $0, key: modeVariable) }
        let results = optional(settings.results, "PARTITION_REFRESH_RESULTS")
        return PartitionRefresh(
            settings: settings,
            sqs: SQS(aws),
            queueURL: optional(settings.queueURL, "PARTITION_REFRESH_QUEUE_URL"),
            catalog: PartitionCatalog(
                mode: mode ?? .glue,
                database: try value(
                    settings.database,
                    "partition_refresh.database_name",
                    variable: "PARTITION_REFRESH_DATABASE"
                ),
                glue: Glue(aws),
                athena: Athena(aws),
                results: results.map { $0.hasPrefix("s3://") ? $0 : "s3://\($0)/partition_refresh/" },
                workgroup: optional(settings.workgroup, "PARTITION_REFRESH_WORKGROUP")
            )
        )
    }

    private func optional(_ setting: String?, _ variable: String) -> String? {
        setting ?? environment[variable]
    }

    private func value(_ setting: String?, _ key: String, variable: String) throws(HandlerError) -> String {
        if let setting { return setting }
        guard let value = environment[variable], !value.isEmpty else {
            throw .misconfigured("\(variable) is not set, nor is \(key) in the settings")
        }
        return value
    }

    private func slack() throws -> SlackNotifier {
        try settings.slack.requireAccess()
        let access = SlackNotifier.Access(
            botToken: try clear(settings.slack.botToken, "slack.bot_token"),
            webhookURL: try clear(settings.slack.webhookURL, "slack.webhook_url"),
            channel: settings.slack.channel
        )
        if let url = access.webhookURL { try Settings.Slack.requireConfidential(webhookURL: url) }
        let client = try SlackClient(
            http: http,
            api: environment["SLACK_API_URL"],
            pause: AWSClient.sleep
        )
        return SlackNotifier(client: client, access: access, settings: settings)
    }

    /// The text of a secret, fetched from where it is kept.
    private func clear(_ secret: Secret?, _ key: String) throws -> String? {
        let text: String
        do {
            switch secret {
            case nil: return nil
            case .literal(let literal): text = literal
            case .parameter(let name): text = try Secrets(aws).parameter(name, before: deadline)
            case .secret(let id, let member):
                let whole = try Secrets(aws).secret(id, before: deadline)
                text = try member.map { try Self.member($0, of: whole) } ?? whole
            }
        } catch {
            throw SettingsError(key: key, problem: "expected a secret at \(secret?.place ?? ""): \(error)")
        }
        return try Secret.word(of: text, key: key)
    }

    private static func member(_ name: String, of secret: String) throws(HandlerError) -> String {
        guard let text = (try? JSONValue(parsing: secret.utf8))?[name]?.string else {
            throw .misconfigured("the secret is no JSON object with a text named '\(name)'")
        }
        return text
    }
}
