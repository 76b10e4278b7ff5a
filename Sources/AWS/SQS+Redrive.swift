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
