package import AWS
import JSON
import LambdaRuntime
import Time

/// Puts back what was given up: the dead letters onto their queue, and the failed events to their functions.
///
/// SQS moves the dead letters by itself, so that none is ever in this program's hands. It does so for queues alone:
/// events that Lambda gave up are taken one by one, their function is invoked, and the record is deleted after it
/// succeeded. One that fails again stays where it is.
package struct Redrive {
    private static let callTimeLimit = Duration.seconds(60)
    /// Lambda stops every function by then.
    private static let invocationTimeLimit = Duration.seconds(900)
    /// A little longer than an invocation, so that nobody else gets the record meanwhile.
    private static let hiddenSeconds: Int64 = 960
    private static let pollingPause = Duration.seconds(1)

    let cloudFormation: CloudFormation
    let sqs: SQS
    let lambda: Lambda
    let pause: (Duration) -> Void

    /// A stack's queues and functions.
    package struct Stack: Sendable, Equatable {
        let deadLetters: String
        let failedEvents: String
        /// The name of the function whose events nobody needs any more: its next tick did their work.
        let usageUpdate: String
        /// The values of all outputs, among which are the functions' names or ARNs.
        let outputs: Set<String>

        func has(function name: String, arn: String) -> Bool { outputs.contains(name) || outputs.contains(arn) }
    }

    /// What became of a failed event.
    package enum Outcome: Sendable, Equatable {
        /// Its function has now succeeded, and the record is gone.
        case succeeded(function: String)
        /// It was a tick of `usage_update`, and the record is gone.
        case needless(function: String)
        /// It stays in its queue, for this reason.
        case left(String)
    }

    /// Finds a stack's queues and functions.
    package func stack(_ name: String) throws -> Stack {
        let outputs = try cloudFormation.outputs(ofStack: name, before: .after(Self.callTimeLimit))
        func value(_ output: String) throws(HandlerError) -> String {
            guard let value = outputs[output], !value.isEmpty else {
                throw .misconfigured("the stack '\(name)' has no output '\(output)'; is it one of Athena Alerter?")
            }
            return value
        }
        return Stack(
            deadLetters: try value("DeadLetters"),
            failedEvents: try value("FailedEvents"),
            usageUpdate: try value("UsageUpdate"),
            outputs: Set(outputs.values)
        )
    }

    /// Looks at the queue of dead letters.
    package func deadLetters(of stack: Stack) throws(AWSError) -> SQS.State {
        try sqs.state(of: stack.deadLetters, before: .after(Self.callTimeLimit))
    }

    /// Looks at the queue of failed events.
    package func failedEvents(of stack: Stack) throws(AWSError) -> SQS.State {
        try sqs.state(of: stack.failedEvents, before: .after(Self.callTimeLimit))
    }

    /// Moves the dead letters back, and waits until SQS has done so.
    ///
    /// - Parameter progress: takes about how many have been moved.
    /// - Returns: about how many were moved.
    package func moveDeadLetters(_ state: SQS.State, progress: (Int) -> Void) throws -> Int {
        try sqs.startMove(fromARN: state.arn, before: .after(Self.callTimeLimit))
        while let move = try sqs.lastMove(fromARN: state.arn, before: .after(Self.callTimeLimit)) {
            progress(move.moved)
            if move.isRunning {
                pause(Self.pollingPause)
            } else if let failure = move.failure {
                throw HandlerError.incomplete(["SQS ended the move after \(move.moved): \(failure)"])
            } else {
                return move.moved
            }
        }
        throw HandlerError.incomplete(["SQS knows of no move"])
    }

    /// Hands the failed events to their functions: as many as are waiting now, so that one which fails again and comes
    /// back does not keep this going for ever.
    ///
    /// - Parameter report: takes each outcome and says whether to go on.
    package func invokeFailedEvents(of stack: Stack, count: Int, report: (Outcome) -> Bool) throws(AWSError) {
        for _ in 0..<count {
            let deadline = Deadline.after(Self.callTimeLimit)
            let messages = try sqs.receive(
                from: stack.failedEvents,
                upTo: 1,
                hiddenFor: Self.hiddenSeconds,
                before: deadline
            )
            guard let message = messages.first, report(settle(message, of: stack)) else { return }
        }
    }

    private func settle(_ message: SQS.Message, of stack: Stack) -> Outcome {
        guard let record = FailedEvent(message.body) else { return .left("it is no record of a failed invocation") }
        let name = record.functionName
        guard stack.has(function: name, arn: record.functionARN) else {
            return .left("its function '\(name)' is none of the stack's")
        }
        guard name != stack.usageUpdate else {
            return deleted(message, of: stack) ?? .needless(function: name)
        }
        do throws(AWSError) {
            switch try lambda.invoke(name, with: record.event, before: .after(Self.invocationTimeLimit)) {
            case .failure(let error): return .left("\(name) failed again: \(error)")
            // The event was a batch of messages, some of which its function could not deal with.
            case .success(let answer) where answer["batchItemFailures"]?.array?.isEmpty == false:
                return .left("\(name) gives messages back; its log says why")
            case .success: break
            }
        } catch {
            return .left("\(error)")
        }
        return deleted(message, of: stack) ?? .succeeded(function: name)
    }

    /// Deletes a record that is not needed any more; the outcome when that fails.
    private func deleted(_ message: SQS.Message, of stack: Stack) -> Outcome? {
        sqs.delete([message], from: stack.failedEvents, before: .after(Self.callTimeLimit)).first.map { reason in
            .left("it is not needed any more, but \(reason)")
        }
    }
}

/// Lambda's record of an event that it gave up.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
private struct FailedEvent {
    /// The function's ARN, without its version.
    let functionARN: String
    let functionName: String
    let event: JSONValue

    init?(_ text: String) {
        guard let record = try? JSONValue(parsing: text.utf8), let event = record["requestPayload"],
            let arn = record["requestContext"]?["functionArn"]?.string
        else { return nil }
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 7, parts[5] == "function", !parts[6].isEmpty else { return nil }
        functionARN = parts.prefix(7).joined(separator: ":")
        functionName = String(parts[6])
        self.event = event
    }
}
