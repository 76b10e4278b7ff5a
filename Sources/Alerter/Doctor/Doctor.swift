import AWS
import Alerting
import Assembly
import Commands
import LambdaRuntime
import Settings
import Slack
import Time

/// Looks at a running alerter from outside. Each check stands for itself: one that cannot look says why, and the others
/// follow.
struct Doctor {
    private static let timeLimit = Duration.seconds(30)

    let stackName: String
    let settings: AlerterSettings
    let phase: InitPhase
    let now: Timestamp
    let report: (Finding) -> Void

    private var deadline: Deadline { .after(Self.timeLimit) }

    /// Examines the stack.
    ///
    /// - Throws: an error when there is no such stack, or it is none of the alerter.
    func examine() throws {
        let cloudFormation = CloudFormation(phase.aws)
        let described = try cloudFormation.stack(stackName, before: deadline)
        let names = try StackNames(described, name: stackName)
        report(.stack(described.status, name: stackName))
        report(.version(ofStack: described.outputs["Version"], program: Program.version))
        let handler = look(at: "cloudtrail_handler") { try configuration(of: names.cloudTrailHandler) }
        examineTrail(names, function: handler?.arn ?? names.cloudTrailHandler)
        examineTable(names)
        examineQueues(names)
        examineMetrics(names, cloudTrailHandler: handler)
        check("schedule") {
            let resources = try cloudFormation.resources(ofStack: stackName, before: deadline)
            let rule = resources["EveryMinute"] ?? ""
            return .schedule(rule, isEnabled: try EventRules(phase.aws).isEnabled(rule, before: deadline))
        }
        check("mapping") {
            let states = try Lambda(phase.aws).mappingStates(of: names.notification, before: deadline)
            return .mapping(states, function: names.notification, queueURL: names.finishedQueries)
        }
        check("alarms") {
            .alarms(try CloudWatch(phase.aws).alarmsOff(beginningWith: "\(stackName)-", before: deadline))
        }
        examineSlack(names)
        report(.prices(region: phase.aws.region, settings: settings, now: now))
    }

    private func examineTrail(_ names: StackNames, function: String) {
        let trails = Trails(phase.aws)
        var hasTopic = false
        check("trail") {
            let ofBucket = try trails.all(before: deadline).filter { $0.bucket == names.bucket }
            hasTopic = ofBucket.contains { $0.topic != nil }
            let states = try ofBucket.map { (arn: $0.arn, status: try trails.status(of: $0, before: deadline)) }
            return .trail(states, bucket: names.bucket, isOfStack: names.hasOwnTrail, now: now)
        }
        check("log files") {
            let notification = try S3(phase.aws).notification(of: names.bucket, before: deadline)
            return .logFiles(notification, bucket: names.bucket, function: function, trailHasTopic: hasTopic)
        }
    }

    private func examineTable(_ names: StackNames) {
        check("table") { .table(names.table, try DynamoDB(phase.aws).describe(names.table, before: deadline)) }
    }

    private func examineQueues(_ names: StackNames) {
        check("FinishedQueries") {
            let url = names.finishedQueries
            return try finding("FinishedQueries", url, deadLetters: names.deadLetters) { state in
                let queue = Finding.name(of: url)
                let age = CloudWatch.Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", of: "QueueName", queue)
                let ages = try values(.maximum, of: [age], lasting: .seconds(900))
                return .finishedQueries(state, oldestSeconds: ages[age])
            }
        }
        for (subject, url) in [("DeadLetters", names.deadLetters), ("FailedEvents", names.failedEvents)] {
            check(subject) { try finding(subject, url) { .givenUp(subject, $0, stack: stackName) } }
        }
    }

    private func finding(
        _ subject: String,
        _ url: String,
        deadLetters: String? = nil,
        _ find: (SQS.State) throws -> Finding
    ) throws -> Finding {
        let sqs = SQS(phase.aws)
        let answer = Result { () throws(AWSError) in try sqs.state(of: url, before: deadline) }
        if case .failure(let error) = answer, error.isOfMissingQueue {
            let target = try deadLetters.map { try sqs.state(of: $0, before: deadline).arn }
            return .deletedQueue(subject, error, at: url, deadLetters: target)
        }
        return try find(answer.get())
    }

    /// The functions by what they did, and the sums of their metrics.
    private func examineMetrics(_ names: StackNames, cloudTrailHandler: Lambda.Configuration?) {
        var functions: [(handler: String, configuration: Lambda.Configuration)] = []
        if let cloudTrailHandler { functions.append(("cloudtrail_handler", cloudTrailHandler)) }
        for (handler, name) in [("usage_update", names.usageUpdate), ("notification", names.notification)] {
            if let found = look(at: handler, { try configuration(of: name) }) { functions.append((handler, found)) }
        }
        for (handler, configuration) in functions {
            check(handler) {
                do throws(AWSError) {
                    return try health(of: handler, configuration).finding
                } catch  where error.code == "ResourceNotFoundException" {
                    return .noLog(of: handler, group: configuration.logGroup)
                }
            }
        }
        check("metrics") {
            let known = functions.map { ($0.handler, $0.configuration.name) }
            let functionNames = Dictionary(known) { first, _ in first }
            func metric(_ handler: String, _ name: String) -> CloudWatch.Metric {
                .init("AthenaAlerter", name, of: "FunctionName", functionNames[handler] ?? handler)
            }
            let metrics = Set(
                MetricSums.all.flatMap { sum in ([sum.whole] + sum.parts).map { metric(sum.handler, $0) } }
            )
            let values = try values(.sum, of: Array(metrics), lasting: .days(1))
            return MetricSums.finding { values[metric($0, $1)] ?? 0 }
        }
    }

    private func health(of handler: String, _ configuration: Lambda.Configuration) throws(AWSError) -> FunctionHealth {
        let invocations = CloudWatch.Metric("AWS/Lambda", "Invocations", of: "FunctionName", configuration.name)
        let errors = CloudWatch.Metric("AWS/Lambda", "Errors", of: "FunctionName", configuration.name)
        let day = try values(.sum, of: [invocations, errors], lasting: .days(1))
        let hour = try values(.sum, of: [errors], lasting: .seconds(3600))
        let logs = LogGroups(phase.aws)
        func lastLine(with word: String) throws(AWSError) -> String? {
            try logs.lastLine(with: word, in: configuration.logGroup, since: now - .seconds(3600), before: deadline)
        }
        return FunctionHealth(
            handler: handler,
            configuration: configuration,
            isAlwaysAtWork: handler != "notification",
            invocations: day[invocations] ?? 0,
            errors: day[errors] ?? 0,
            errorsOfLastHour: hour[errors] ?? 0,
            lastError: hour[errors] ?? 0 > 0 ? try lastLine(with: "ERROR") : nil,
            lastReport: try lastLine(with: "platform.report")
        )
    }

    private func configuration(of function: String) throws(AWSError) -> Lambda.Configuration {
        try Lambda(phase.aws).configuration(of: function, before: deadline)
    }

    private func values(
        _ statistic: CloudWatch.Statistic,
        of metrics: [CloudWatch.Metric],
        lasting time: Duration
    ) throws(AWSError) -> [CloudWatch.Metric: Double] {
        try CloudWatch(phase.aws).values(statistic, of: metrics, from: now - time, to: now, before: deadline)
    }

    /// Reports the finding of a check, or why it cannot look.
    func check(_ subject: String, _ find: () throws -> Finding) {
        if let finding = look(at: subject, find) { report(finding) }
    }

    /// The result of a look; nil when it fails, which is reported.
    func look<Found>(at subject: String, _ find: () throws -> Found) -> Found? {
        do {
            return try find()
        } catch let error as SlackError {
            report(.slack(subject, error))
        } catch let error as AWSError where error.isRefusedAccess {
            report(.ill(subject, "\(error)", "allow the call: docs/operations.md, 'Doctor', has the policy"))
        } catch AWSError.transport(let call, let error) {
            report(.ill(subject, "\(call) failed: \(error)", "check the network of this machine, and look again"))
        } catch let error as SettingsError {
            let advice = "correct it in settings.json (docs/settings.md has each key), and run \(Finding.deployment)"
            report(.ill(subject, "\(error)", advice))
        } catch let error as AWSError where error.isTemporary {
            report(.ill(subject, "\(error)", "look again in a minute; health.aws.amazon.com shows the faults of AWS"))
        } catch {
            let again = "docs/deployment.md, 'Creating the alerter again', makes lost parts anew"
            report(.ill(subject, "\(error)", "correct what the error names; \(again)"))
        }
        return nil
    }
}

/// The names of a stack's resources.
struct StackNames {
    let cloudTrailHandler: String
    let usageUpdate: String
    let notification: String
    let table: String
    let finishedQueries: String
    let deadLetters: String
    let failedEvents: String
    let bucket: String
    let hasOwnTrail: Bool
    /// The patterns of the secrets that `notification` may read.
    let slackParameter: String
    let slackSecret: String

    /// Reads what CloudFormation says.
    ///
    /// - Throws: ``HandlerError`` for a stack without an output of the alerter.
    init(_ stack: CloudFormation.Stack, name: String) throws(HandlerError) {
        func output(_ output: String) throws(HandlerError) -> String {
            guard let value = stack.outputs[output], !value.isEmpty else {
                throw .misconfigured("the stack '\(name)' has no output '\(output)'; is it one of Athena Alerter?")
            }
            return value
        }
        cloudTrailHandler = try output("CloudtrailHandler")
        usageUpdate = try output("UsageUpdate")
        notification = try output("Notification")
        table = try output("QueriesTable")
        finishedQueries = try output("FinishedQueries")
        deadLetters = try output("DeadLetters")
        failedEvents = try output("FailedEvents")
        bucket = stack.parameters["CloudtrailBucket"] ?? ""
        hasOwnTrail = stack.parameters["CreateTrail"] != "false"
        slackParameter = stack.parameters["SlackParameter"] ?? "*"
        slackSecret = stack.parameters["SlackSecret"] ?? "*"
    }
}

extension AWSError {
    /// Whether the caller lacks a permission. Services name it differently.
    fileprivate var isRefusedAccess: Bool { code?.hasPrefix("AccessDenied") == true || code == "UnauthorizedOperation" }
}
