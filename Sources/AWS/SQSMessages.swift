package import JSON
import System
package import Time

/// Messages that are received here, and not delivered by Lambda.
extension SQS {
    /// A message that was received and has to be deleted, or it comes again.
    package struct Message: Sendable, Equatable {
        /// SQS's id of the message.
        package let id: String
        /// What was sent.
        package let body: String
        /// By what it is deleted.
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
    ///   - hidden: for how many seconds nobody else receives them.
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
        return try client.send(call, before: deadline).read(of: call.name) { answer throws(JSONError) in
            try answer.optional("Messages") ?? []
        }
    }

    /// Deletes messages, those again of which the queue does not say that they are gone.
    ///
    /// - Returns: why messages were not deleted, a reason each.
    package func delete(
        _ messages: [Message],
        from queueURL: String,
        before deadline: Deadline
    ) -> [String] {
        var reasons: [String] = []
        var waiting = messages
        for attempt in 1...Self.deletionTries where !waiting.isEmpty {
            let batches = waiting.chunks(of: Self.maximumBatchCount)
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
                do throws(AWSError) {
                    let outcomes = try result.get().read(of: calls[0].name, BatchOutcomes.init)
                    for (index, message) in batch.enumerated() where outcomes.success(of: String(index)) == nil {
                        let failure = outcomes.failure(of: String(index), call: calls[0].name)
                        if !failure.isFinal, attempt < Self.deletionTries, !deadline.hasPassed {
                            waiting.append(message)
                        } else {
                            reasons.append("\(failure.error)")
                        }
                    }
                } catch {
                    if case .unreadable = error, attempt < Self.deletionTries, !deadline.hasPassed {
                        waiting += batch
                    } else {
                        reasons += batch.map { _ in "\(error)" }
                    }
                }
            }
        }
        return reasons
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
