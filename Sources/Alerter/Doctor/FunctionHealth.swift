import AWS
import JSON

/// The state of a function, and what it did in the last day.
struct FunctionHealth {
    /// The handler's name.
    let handler: String
    let configuration: Lambda.Configuration
    /// Whether it works without pause: a day without an invocation is a failure.
    let isAlwaysAtWork: Bool
    var invocations = 0.0
    /// The failures of the last day, and those of its last hour.
    var errors = 0.0
    var errorsOfLastHour = 0.0
    /// The last line with an error, as the log has it.
    var lastError: String?
    /// The last report of Lambda on an invocation.
    var lastReport: String?

    /// The part of the memory above which it may soon not suffice.
    private static let mostMemory = 0.9

    var finding: Finding {
        guard configuration.state == "Active" || configuration.state == "Inactive", configuration.lastUpdate != "Failed"
        else {
            return .ill(
                handler,
                "it is \(configuration.state), its last update \(configuration.lastUpdate)",
                "aws lambda get-function-configuration --function-name \(configuration.arn) says why; then run "
                    + Finding.deployment
            )
        }
        if errorsOfLastHour > 0 {
            let last = lastError.map { ": \(Self.message(of: $0))" } ?? ""
            return .ill(
                handler,
                "\(Int(errorsOfLastHour)) invocations failed in the last hour\(last)",
                "docs/operations.md, 'When something fails'; its log is \(configuration.logGroup)"
            )
        }
        if isAlwaysAtWork, invocations == 0 {
            return .ill(
                handler,
                "it was not invoked for a day",
                "see the checks of the trail, the notification and the schedule, and docs/runbook.md"
            )
        }
        if let used = usedMegabytes, used > Self.mostMemory * Double(configuration.megabytes) {
            let variable = "\(handler.uppercased())_MEMORY=\(configuration.megabytes * 2)"
            return .ill(
                handler,
                "it used \(Int(used)) of \(configuration.megabytes) MB",
                "make \(variable) run_cloudformation with the other variables of this stack"
            )
        }
        return .well(handler, wellWords)
    }

    private var wellWords: String {
        let memory = usedMegabytes.map { ", \(Int($0)) of \(configuration.megabytes) MB used" } ?? ""
        let earlier = errors > 0 ? ", \(Int(errors)) of them failed, none in the last hour" : ""
        return "\(Int(invocations)) invocations in a day\(earlier)\(memory)"
    }

    /// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    private var usedMegabytes: Double? {
        guard let lastReport, let report = try? JSONValue(parsing: lastReport.utf8) else { return nil }
        return try? report.optional("record", "metrics", "maxMemoryUsedMB")
    }

    /// The message of a log line of this program.
    private static func message(of line: String) -> String {
        let message = (try? JSONValue(parsing: line.utf8))?["message"]?.string ?? line
        return String(message.prefix(200))
    }
}
