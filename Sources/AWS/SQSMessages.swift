import JSON

/// Messages that are received here, and not delivered by Lambda.
extension SQS {
    /// A message that was received and has to be deleted, or it comes again.
    public struct Message: Sendable, Equatable {
        /// SQS's id of the message.
        public let id: String
        /// What was sent.
        public let body: String
        /// By what it is deleted.
        let receiptHandle: String

        /// Creates a message.
        public init(id: String, body: String, receiptHandle: String) {
            self.id = id
            self.body = body
            self.receiptHandle = receiptHandle
        }
    }

    private static let deletionTries = 3

    /// Receives messages.
    ///
    /// - Parameters:
    ///   - queueURL: the queue.
    ///   - count: how many at most, up to ten.
    ///   - hidden: for how many seconds nobody else receives them.
    ///   - deadline: when to give up.
    /// - Returns: the messages; none when the queue has none, as all of its servers say within a second.
    public func receive(
        from queueURL: String,
        upTo count: Int = 10,
        hiddenFor hidden: Int64,
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) -> [Message] {
        let input: JSONValue = [
            "QueueUrl": .string(queueURL), "MaxNumberOfMessages": .integer(Int64(count)),
            "WaitTimeSeconds": 1, "VisibilityTimeout": .integer(hidden),
        ]
        let call = AWSCall.json(.sqs, "ReceiveMessage", input)
        let answer = try client.send(call, before: deadline).json(of: call.name)
        return try (answer["Messages"]?.array ?? []).map { message throws(AWSError) in
            guard let id = message["MessageId"]?.string, let handle = message["ReceiptHandle"]?.string else {
                throw .unreadable(call: call.name, reason: "a message has no id or no receipt handle")
            }
            return Message(id: id, body: message["Body"]?.string ?? "", receiptHandle: handle)
        }
    }

    /// Deletes messages, those that the queue could not delete at once again.
    ///
    /// - Returns: why messages were not deleted, a reason each.
    public func delete(
        _ messages: [Message],
        from queueURL: String,
        before deadline: ContinuousClock.Instant
    ) -> [String] {
        var reasons: [String] = []
        var waiting = messages
        for attempt in 1...Self.deletionTries where !waiting.isEmpty {
            let batches = stride(from: 0, to: waiting.count, by: Self.maximumBatchCount).map {
                Array(waiting[$0..<min($0 + Self.maximumBatchCount, waiting.count)])
            }
            let calls = batches.map { batch in
                // Within a request, ids have to be different; those of messages need not be.
                let entries = batch.enumerated().map { index, message -> JSONValue in
                    ["Id": .string("\(index)"), "ReceiptHandle": .string(message.receiptHandle)]
                }
                return AWSCall.json(
                    .sqs,
                    "DeleteMessageBatch",
                    ["QueueUrl": .string(queueURL), "Entries": .array(entries)]
                )
            }
            waiting = []
            for (batch, result) in zip(batches, client.sendAll(calls, inFlight: Self.batchesInFlight, before: deadline))
            {
                do {
                    let answer = try result.get().json(of: "sqs:DeleteMessageBatch")
                    for failure in answer["Failed"]?.array ?? [] {
                        guard let index = failure["Id"]?.string.flatMap({ Int($0) }), batch.indices.contains(index)
                        else { continue }
                        if failure["SenderFault"] != true, attempt < Self.deletionTries, .now < deadline {
                            waiting.append(batch[index])
                        } else {
                            let code = failure["Code"]?.string ?? "no code"
                            reasons.append("sqs:DeleteMessageBatch left a message: \(code)")
                        }
                    }
                } catch {
                    reasons += batch.map { _ in "\(error)" }
                }
            }
        }
        return reasons
    }
}
