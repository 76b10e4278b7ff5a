/// What stands in a queue for messages that were given up.
extension SQS {
    /// How a queue is doing.
    public struct State: Sendable, Equatable {
        /// The queue's ARN.
        public let arn: String
        /// About how many messages can be received now.
        public let waiting: Int
        /// About how many have been received by somebody and come again unless they are deleted.
        public let hidden: Int
    }

    /// A message that was received, and is hidden from others for a while.
    public struct Message: Sendable, Equatable {
        /// The message's text.
        public let body: String
        /// What deletes it.
        let receipt: String
    }

    /// How the moving of messages stands.
    public struct Move: Sendable, Equatable {
        /// Whether it goes on.
        public let isRunning: Bool
        /// About how many messages it has moved.
        public let moved: Int
        /// Why it ended early.
        public let failure: String?
    }

    /// Looks at a queue.
    public func state(of queueURL: String, before deadline: ContinuousClock.Instant) throws(AWSError) -> State {
        let names = ["QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        let input = AttributesInput(QueueUrl: queueURL, AttributeNames: names)
        let call = try AWSCall.json(.sqs, "GetQueueAttributes", input)
        let attributes = try client.send(call, before: deadline).decoded(AttributesOutput.self, of: call.name)
            .Attributes
        guard let arn = attributes[names[0]], let waiting = attributes[names[1]].flatMap({ Int($0) }),
            let hidden = attributes[names[2]].flatMap({ Int($0) })
        else { throw .unreadable(call: call.name, reason: "an attribute is missing") }
        return State(arn: arn, waiting: waiting, hidden: hidden)
    }

    /// Receives one message, nil when there seems to be none.
    ///
    /// - Parameters:
    ///   - queueURL: the queue.
    ///   - seconds: for how long nobody else gets the message.
    ///   - deadline: when to give up.
    public func receive(
        from queueURL: String,
        hidingFor seconds: Int,
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) -> Message? {
        // With a wait SQS asks all of its servers, without one a few, which may know of no message.
        let input = ReceiveInput(
            QueueUrl: queueURL,
            MaxNumberOfMessages: 1,
            VisibilityTimeout: seconds,
            WaitTimeSeconds: 1
        )
        let call = try AWSCall.json(.sqs, "ReceiveMessage", input)
        let output = try client.send(call, before: deadline).decoded(ReceiveOutput.self, of: call.name)
        return output.Messages?.first.map { Message(body: $0.Body, receipt: $0.ReceiptHandle) }
    }

    /// Deletes a message that was received.
    public func delete(
        _ message: Message,
        from queueURL: String,
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) {
        let input = DeleteInput(QueueUrl: queueURL, ReceiptHandle: message.receipt)
        _ = try client.send(try AWSCall.json(.sqs, "DeleteMessage", input), before: deadline)
    }

    /// Has SQS move all messages of a dead-letter queue back to the queues that they came from.
    ///
    /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    public func startMove(fromARN arn: String, before deadline: ContinuousClock.Instant) throws(AWSError) {
        let call = try AWSCall.json(.sqs, "StartMessageMoveTask", MoveInput(SourceArn: arn))
        _ = try client.send(call, before: deadline)
    }

    /// How the last move of a dead-letter queue's messages stands, nil when there was none.
    public func lastMove(fromARN arn: String, before deadline: ContinuousClock.Instant) throws(AWSError) -> Move? {
        let call = try AWSCall.json(.sqs, "ListMessageMoveTasks", MoveInput(SourceArn: arn))
        let output = try client.send(call, before: deadline).decoded(MovesOutput.self, of: call.name)
        return output.Results?.first.map { task in
            Move(
                isRunning: ["RUNNING", "CANCELLING"].contains(task.Status),
                moved: task.ApproximateNumberOfMessagesMoved ?? 0,
                failure: task.Status == "COMPLETED" ? nil : task.FailureReason ?? task.Status
            )
        }
    }
}

private struct AttributesInput: Encodable {
    let QueueUrl: String
    let AttributeNames: [String]
}

private struct AttributesOutput: Decodable {
    let Attributes: [String: String]
}

private struct ReceiveInput: Encodable {
    let QueueUrl: String
    let MaxNumberOfMessages: Int
    let VisibilityTimeout: Int
    let WaitTimeSeconds: Int
}

private struct ReceiveOutput: Decodable {
    let Messages: [Message]?

    struct Message: Decodable {
        let Body: String
        let ReceiptHandle: String
    }
}

private struct DeleteInput: Encodable {
    let QueueUrl: String
    let ReceiptHandle: String
}

private struct MoveInput: Encodable {
    let SourceArn: String
}

private struct MovesOutput: Decodable {
    let Results: [Task]?

    struct Task: Decodable {
        let Status: String
        let ApproximateNumberOfMessagesMoved: Int?
        let FailureReason: String?
    }
}
