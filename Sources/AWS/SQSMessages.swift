package import JSON
import System
package import Time

/// Messages that the program itself receives, without Lambda.
extension SQS {
    /// A received message, which comes again unless it is deleted.
    package struct Message: Sendable, Equatable {
        /// SQS's id of the message.
        package let id: String
        /// The text that was sent.
        package let body: String
        /// The handle that deletes it.
        let receiptHandle: String

        /// Creates a message.
        package init(id: String, body: String, receiptHandle: String) {
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
    ///   - hidden: the visibility timeout in seconds.
    ///   - deadline: when to give up.
    /// - Returns: the messages; none when the queue has none, as all of its servers say within a second.
    package func receive(
        from queueURL: String,
        upTo count: Int = 10,
        hiddenFor hidden: Int64,
        before deadline: Deadline
    ) throws(AWSError) -> [Message] {
        let input: JSONValue = [
            "QueueUrl": .string(queueURL), "MaxNumberOfMessages": .integer(Int64(count)),
            "WaitTimeSeconds": 1, "VisibilityTimeout": .integer(hidden),
        ]
        let call = AWSCall.json(.sqs, "ReceiveMessage", input)
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.optional("Messages") ?? []
        }
    }

    /// Deletes messages; a message that the queue does not confirm is tried again.
    ///
    /// - Returns: a reason for each message that was not deleted.
    package func delete(
        _ messages: [Message],
        from queueURL: String,
        before deadline: Deadline
    ) -> [String] {
        var reasons: [String] = []
        var waiting = messages
        for attempt in 1...Self.deletionTries where !waiting.isEmpty {
            let batches = waiting.chunks(of: Self.maximumBatchCount)
            let calls = batches.map { Self.deletion(of: $0, from: queueURL) }
            let answers = client.sendAll(
                calls,
                inFlight: Self.batchesInFlight,
                before: deadline,
                reading: BatchOutcomes.init
            )
            waiting = []
            let isLast = attempt == Self.deletionTries || deadline.hasPassed
            for failure in zip(batches, answers).flatMap({ Self.failures(of: $0, $1) }) {
                if failure.isFinal || isLast {
                    reasons.append("\(failure.error)")
                } else {
                    waiting.append(failure.message)
                }
            }
        }
        return reasons
    }

    private static let deletionOperation = "DeleteMessageBatch"

    private static func deletion(of messages: ArraySlice<Message>, from queueURL: String) -> AWSCall {
        // Ids have to be different within a request, but those of messages need not be.
        let entries = messages.enumerated().map { index, message -> JSONValue in
            ["Id": .string("\(index)"), "ReceiptHandle": .string(message.receiptHandle)]
        }
        return .json(.sqs, deletionOperation, ["QueueUrl": .string(queueURL), "Entries": .array(entries)])
    }

    /// A message that was not deleted.
    private struct FailedDeletion {
        let message: Message
        let error: AWSError
        /// Whether another attempt would fail too.
        let isFinal: Bool
    }

    private static func failures(
        of messages: ArraySlice<Message>,
        _ answer: Result<BatchOutcomes, AWSError>
    ) -> [FailedDeletion] {
        switch answer {
        case .success(let outcomes):
            return messages.enumerated().compactMap { index, message in
                guard outcomes.success(of: "\(index)") == nil else { return nil }
                let failure = outcomes.failure(of: "\(index)", call: "sqs:\(deletionOperation)")
                return FailedDeletion(message: message, error: failure.error, isFinal: failure.isFinal)
            }
        case .failure(let error):
            // The client has repeated a call that failed; only an answer without sense is worth another attempt.
            let isFinal = if case .unreadable = error { false } else { true }
            return messages.map { FailedDeletion(message: $0, error: error, isFinal: isFinal) }
        }
    }
}

extension SQS.Message: JSONReadable {
    /// Reads what SQS says, unless the body has not come as SQS had it.
    package init(json: JSONValue) throws(JSONError) {
        id = try json.required("MessageId")
        receiptHandle = try json.required("ReceiptHandle")
        body = try json.required("Body")
        let hash: String? = try json.optional("MD5OfBody")
        guard hash == nil || hash == Digest.md5(Array(body.utf8)).hexadecimal else {
            throw .unexpected(place: "Body", problem: "it is not what MD5OfBody says")
        }
    }
}
