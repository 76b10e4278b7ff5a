import AWS
import Time

/// Findings about the resources of a stack.
extension Finding {
    static let deployment = "make run_cloudformation with the variables of this stack"
    /// The time without a log file after which the alarm of the stack goes off, too.
    private static let longestSilence = Duration.seconds(3 * 3600)

    /// The state in which CloudFormation left the stack.
    static func stack(_ status: String, name: String) -> Finding {
        switch status {
        case "CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE": return .well("stack", status)
        case _ where status.hasSuffix("_IN_PROGRESS"):
            let change = status.hasPrefix("CREATE") ? "create" : status.hasPrefix("DELETE") ? "delete" : "update"
            return .ill(
                "stack",
                "CloudFormation is at work on it (\(status))",
                "aws cloudformation wait stack-\(change)-complete --stack-name \(name)"
            )
        default:
            return .ill(
                "stack",
                "the last change failed (\(status))",
                "its events say why: aws cloudformation describe-stack-events --stack-name \(name); then run \(deployment)"
            )
        }
    }

    /// The version that the stack was deployed with.
    static func version(ofStack deployed: String?, program: String) -> Finding {
        guard let deployed else {
            return .ill("version", "the stack is of a version before \(program)", "run \(deployment)")
        }
        guard deployed == program else {
            return .ill(
                "version",
                "the stack is of version \(deployed), this program of version \(program)",
                "check the wanted version out and run \(deployment)"
            )
        }
        return .well("version", deployed)
    }

    /// The trails that write to the stack's bucket.
    static func trail(
        _ trails: [(arn: String, status: Trails.Status)],
        bucket: String,
        isOfStack: Bool,
        now: Timestamp
    ) -> Finding {
        guard let (arn, status) = trails.first(where: { $0.status.isLogging }) ?? trails.first else {
            return isOfStack
                ? .ill("trail", "no trail writes to \(bucket)", "run \(deployment): the stack's trail is gone")
                : .well("trail", "the trail of \(bucket) belongs to another account, and its state is not known here")
        }
        guard status.isLogging else {
            return .ill("trail", "\(arn) records nothing", "aws cloudtrail start-logging --name \(arn)")
        }
        if let error = status.error {
            return .ill(
                "trail",
                "the last delivery to \(bucket) failed: \(error)",
                "aws s3api get-bucket-policy --bucket \(bucket); it has to allow what CloudtrailLogsPolicy in template.yaml allows"
            )
        }
        guard let last = status.lastDelivery, now - last <= longestSilence else {
            let words =
                status.lastDelivery.map { "the last log file is of \($0.iso8601)" } ?? "there is no log file yet"
            return .ill(
                "trail",
                words,
                "run a query in Athena, and look again ten minutes later; if nothing comes, "
                    + "aws cloudtrail get-trail-status --name \(arn)"
            )
        }
        return .well("trail", "the last log file came \(words(for: now - last)) ago")
    }

    /// The receivers of the bucket's notifications.
    static func logFiles(
        _ notification: S3.Notification,
        bucket: String,
        function: String,
        trailHasTopic: Bool
    ) -> Finding {
        if notification.receivers.contains(function) { return .well("log files", "\(bucket) notifies the function") }
        if notification.isToEventBridge { return .well("log files", "\(bucket) notifies EventBridge") }
        if let other = notification.receivers.first { return .well("log files", "\(bucket) notifies \(other)") }
        if trailHasTopic { return .well("log files", "the trail notifies a topic") }
        return .ill(
            "log files",
            "\(bucket) notifies nobody of them",
            "let it notify \(function): docs/deployment.md, 'A trail that you have'"
        )
    }

    /// The queries table and its index of open rows.
    static func table(_ name: String, _ table: DynamoDB.Description) -> Finding {
        guard table.status == "ACTIVE" else {
            return .ill("table", "\(name) is \(table.status)", "wait until it is ACTIVE, and look again")
        }
        switch table.indexes[QueriesTable.openIndex] {
        case "ACTIVE": return .well("table", "\(name) with its index \(QueriesTable.openIndex)")
        case let status?:
            return .ill(
                "table",
                "the index \(QueriesTable.openIndex) is \(status)",
                "wait until it is ACTIVE, and look again"
            )
        case nil: return .ill("table", "\(name) has no index \(QueriesTable.openIndex)", creationOfIndex(of: name))
        }
    }

    /// The command that creates the index as the template does. CloudFormation does not notice that it was deleted.
    private static func creationOfIndex(of table: String) -> String {
        let names = ["start_date", "start_key", "open"].map { "AttributeName=\($0),AttributeType=S" }
        let keys = [("open", "HASH"), ("start_key", "RANGE")].map { #"{"AttributeName":"\#($0)","KeyType":"\#($1)"}"# }
        return
            "aws dynamodb update-table --table-name \(table) --attribute-definitions \(names.joined(separator: " ")) "
            + "--global-secondary-index-updates '[{\"Create\":{\"IndexName\":\"\(QueriesTable.openIndex)\","
            + "\"KeySchema\":[\(keys.joined(separator: ","))],\"Projection\":{\"ProjectionType\":\"ALL\"}}}]'"
    }

    /// The rule that invokes `usage_update`.
    static func schedule(_ rule: String, isEnabled: Bool) -> Finding {
        isEnabled
            ? .well("schedule", "\(rule) is enabled")
            : .ill("schedule", "\(rule) is disabled", "aws events enable-rule --name \(rule)")
    }

    /// The mappings that invoke `notification`.
    ///
    /// CloudFormation does not notice that one was deleted, so it is created by hand, as in the template.
    static func mapping(_ states: [String], function: String, queueURL: String) -> Finding {
        guard !states.contains("Enabled") else { return .well("mapping", "the queue invokes the function") }
        guard let state = states.first else {
            let queue =
                "$(aws sqs get-queue-attributes --queue-url \(queueURL) --attribute-names QueueArn "
                + "--query Attributes.QueueArn --output text)"
            return .ill(
                "mapping",
                "no mapping invokes the function",
                "aws lambda create-event-source-mapping --function-name \(function) --event-source-arn \(queue) "
                    + "--batch-size 10 --function-response-types ReportBatchItemFailures "
                    + "--scaling-config MaximumConcurrency=2"
            )
        }
        let look = "aws lambda list-event-source-mappings --function-name \(function)"
        return .ill(
            "mapping",
            "the mapping of the queue is \(state)",
            "\(look); then update-event-source-mapping --uuid … --enabled"
        )
    }

    /// The alarms that go off.
    static func alarms(_ names: [String]) -> Finding {
        guard !names.isEmpty else { return .well("alarms", "none goes off") }
        return .ill("alarms", names.joined(separator: ", "), "docs/runbook.md has a section for each")
    }

    /// A log group that does not exist: the function writes its log nowhere.
    static func noLog(of handler: String, group: String) -> Finding {
        .ill(handler, "its log group does not exist", "aws logs create-log-group --log-group-name \(group)")
    }

    static func words(for duration: Duration) -> String {
        let minutes = duration.components.seconds / 60
        return minutes < 120 ? "\(minutes) minutes" : "\(minutes / 60) hours"
    }
}
