import AWS

/// Findings about the queues of a stack.
extension Finding {
    /// The time for which a message may wait, after which an alarm of the stack goes off, too.
    private static let longestWait = Duration.seconds(15 * 60)

    /// The queue of finished queries, and the age in seconds of its oldest message.
    static func finishedQueries(_ state: SQS.State, oldestSeconds: Double?) -> Finding {
        let age = Duration.seconds(oldestSeconds ?? 0)
        guard age <= longestWait else {
            return .ill(
                "FinishedQueries",
                "\(state.waiting) messages wait, the oldest for \(words(for: age))",
                "docs/runbook.md, FinishedQueriesTooOld"
            )
        }
        return .well("FinishedQueries", "\(state.waiting) messages wait, \(state.hidden) are being processed")
    }

    /// A queue in which a message means that something was given up.
    static func givenUp(_ subject: String, _ state: SQS.State, stack: String) -> Finding {
        guard state.waiting > 0 else { return .well(subject, "empty") }
        return .ill(
            subject,
            "\(state.waiting) wait after their last attempt",
            "find the cause in the logs (docs/runbook.md, \(subject)Waiting), correct it, then: athena-alerter redrive \(stack)"
        )
    }

    /// A queue that was deleted.
    ///
    /// CloudFormation does not notice that, so the queue is created by hand, as in the template. Under the same name it has
    /// the same address.
    ///
    /// - Parameter deadLetters: the ARN of its dead-letter queue; nil for a queue without one.
    static func deletedQueue(_ subject: String, _ error: AWSError, at url: String, deadLetters: String?) -> Finding {
        var attributes = ["MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true"]
        if let deadLetters {
            attributes["VisibilityTimeout"] = "180"
            attributes["RedrivePolicy"] = #"{\"deadLetterTargetArn\":\"\#(deadLetters)\",\"maxReceiveCount\":20}"#
        }
        let members = attributes.sorted { $0.key < $1.key }.map { #""\#($0)":"\#($1)""# }.joined(separator: ",")
        return .ill(
            subject,
            "\(error)",
            "aws sqs create-queue --queue-name \(name(of: url)) --attributes '{\(members)}'"
                + "; SQS takes the name again a minute after the deletion"
        )
    }

    /// The name of a queue.
    static func name(of url: String) -> String { url.split(separator: "/").last.map(String.init) ?? "" }
}
