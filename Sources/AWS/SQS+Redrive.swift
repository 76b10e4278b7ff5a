import JSON
package import Time

/// Dead-letter queues.
extension SQS {
    /// The approximate content of a queue.
    package struct State: Sendable, Equatable {
        /// The queue's ARN.
        package let arn: String
        /// The approximate number of messages that can be received now.
        package let waiting: Int
        /// The approximate number of messages within their visibility timeout.
        package let hidden: Int
    }

    /// The progress of a move of messages.
    package struct Move: Sendable, Equatable {
        /// Whether it goes on.
        package let isRunning: Bool
        /// The approximate number of messages moved.
        package let moved: Int
        /// The reason of an early end.
        package let failure: String?
    }

    /// Looks at a queue.
    package func state(of queueURL: String, before deadline: Deadline) throws(AWSError) -> State {
        let names = ["QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        let input: JSONValue = ["QueueUrl": .string(queueURL), "AttributeNames": .strings(names)]
        let call = AWSCall.json(.sqs, "GetQueueAttributes", input)
        let attributes: [String: String] = try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.required("Attributes")
        }
        guard let arn = attributes[names[0]], let waiting = attributes[names[1]].flatMap({ Int($0) }),
            let hidden = attributes[names[2]].flatMap({ Int($0) })
        else { throw .unreadable(call: call.name, reason: "an attribute is missing") }
        return State(arn: arn, waiting: waiting, hidden: hidden)
    }

    /// Has SQS move all messages of a dead-letter queue back to the queues that they came from.
    ///
    /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    package func startMove(fromARN arn: String, before deadline: Deadline) throws(AWSError) {
        let call = AWSCall.json(.sqs, "StartMessageMoveTask", ["SourceArn": .string(arn)])
        _ = try client.send(call, before: deadline)
    }

    /// The progress of the last move of a dead-letter queue's messages, nil when there was none.
    package func lastMove(fromARN arn: String, before deadline: Deadline) throws(AWSError) -> Move? {
        let call = AWSCall.json(.sqs, "ListMessageMoveTasks", ["SourceArn": .string(arn)])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            let tasks: [JSONValue]? = try answer.optional("Results")
            guard let task = tasks?.first else { return nil }
            let status: String = try task.required("Status")
            let moved: Int64? = try task.optional("ApproximateNumberOfMessagesMoved")
            return Move(
                isRunning: ["RUNNING", "CANCELLING"].contains(status),
                moved: Int(moved ?? 0),
                failure: status == "COMPLETED" ? nil : try task.optional("FailureReason") ?? status
            )
        }
    }
}
