package import AWS
import JSON
import LambdaRuntime
import Time

/// Redrives the dead-letter queue and the failed events of a stack.
///
/// SQS itself moves the messages of the dead-letter queue. It cannot do so for events that Lambda gave up: they are
/// received one by one, their function is invoked, and the record is deleted when it succeeds. An event that fails
/// again stays in its queue.
package struct Redrive {
    private static let callTimeLimit = Duration.seconds(60)
    /// Lambda's longest invocation.
    private static let invocationTimeLimit = Duration.seconds(900)
    /// The visibility timeout: a little longer than an invocation, so that no other consumer receives the record meanwhile.
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
        /// The name of the function whose failed events are obsolete: its next tick did their work.
        let usageUpdate: String
        /// The values of all outputs, among which are the functions' names or ARNs.
        let outputs: Set<String>

        func has(function name: String, arn: String) -> Bool { outputs.contains(name) || outputs.contains(arn) }
    }

    /// The outcome of a failed event.
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

    /// The state of the dead-letter queue.
    package func deadLetters(of stack: Stack) throws(AWSError) -> SQS.State {
        try sqs.state(of: stack.deadLetters, before: .after(Self.callTimeLimit))
    }

    /// The state of the queue of failed events.
    package func failedEvents(of stack: Stack) throws(AWSError) -> SQS.State {
        try sqs.state(of: stack.failedEvents, before: .after(Self.callTimeLimit))
    }

    /// Moves the messages of the dead-letter queue back, and waits until SQS has done so.
    ///
    /// - Parameter progress: takes the approximate number of moved messages.
    /// - Returns: the approximate number of moved messages.
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

    /// Invokes the functions with their failed events: as many events as are waiting now, so that one which fails again
    /// and returns to the queue does not make this endless.
    ///
    /// - Parameter report: takes each outcome and returns whether to continue.
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
            // The event was a batch of messages, some of which failed again.
            case .success(let answer) where answer["batchItemFailures"]?.array?.isEmpty == false:
                return .left("\(name) gives messages back; its log says why")
            case .success: break
            }
        } catch {
            return .left("\(error)")
        }
        return deleted(message, of: stack) ?? .succeeded(function: name)
    }

    /// Deletes a record, and returns the outcome when that fails.
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
