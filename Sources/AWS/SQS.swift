import JSON
package import Time

/// Queues in SQS.
package struct SQS {
    let client: AWSClient

    /// The greatest number of batches in flight.
    static let batchesInFlight = 8

    /// The greatest number of messages in one request.
    static let maximumBatchCount = 10

    /// The longest message and the longest batch, in bytes of UTF-8. SQS takes more by now, but queues keep the limit
    /// that they were created with, and this is the lowest.
    ///
    /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    package static let maximumMessageLength = 262_144

    /// Creates a client of SQS.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// Sends messages in as few requests as they fit in; each stands for itself, outcomes come in their order.
    package func send(
        _ bodies: [String],
        to queueURL: String,
        before deadline: Deadline
    ) -> [Result<Void, AWSError>] {
        let batches = Self.batches(of: bodies.map(\.utf8.count))
        let calls = batches.map { batch in
            let entries = batch.map { ["Id": .string(String($0)), "MessageBody": .string(bodies[$0])] as JSONValue }
            return AWSCall.json(
                .sqs,
                "SendMessageBatch",
                ["QueueUrl": .string(queueURL), "Entries": .array(entries)]
            )
        }
        let answers = client.sendAll(
            calls,
            inFlight: Self.batchesInFlight,
            before: deadline,
            reading: BatchOutcomes.init
        )
        return zip(batches, answers).flatMap { batch, outcomes in
            batch.map { index in
                outcomes.flatMap { $0.sending(of: String(index), body: bodies[index]) }
            }
        }
    }

    /// Groups messages, given their lengths, into runs that one request may hold.
    static func batches(of lengths: [Int]) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var start = 0
        var total = 0
        for (index, length) in lengths.enumerated() {
            if index > start, index - start == maximumBatchCount || total + length > maximumMessageLength {
                batches.append(start..<index)
                start = index
                total = 0
            }
            total += length
        }
        return start < lengths.count ? batches + [start..<lengths.count] : batches
    }
}

/// The outcomes for the messages of one request: SQS answers 200 even when it took none of them.
struct BatchOutcomes {
    private let successful: [JSONValue]
    private let failed: [JSONValue]

    init(_ answer: JSONValue) throws(JSONError) {
        successful = try answer.optional("Successful") ?? []
        failed = try answer.optional("Failed") ?? []
    }

    /// The entry of a message that succeeded, nil when there is none.
    func success(of id: String) -> JSONValue? { successful.first { $0["Id"]?.string == id } }

    /// The error of a message that failed, and whether another attempt would fail too.
    func failure(of id: String, call: String) -> (error: AWSError, isFinal: Bool) {
        let failure = failed.first { $0["Id"]?.string == id }
        let error = ServiceError(
            call: call,
            status: 200,
            code: failure?["Code"]?.string ?? "NotMentioned",
            message: failure?["Message"]?.string ?? "the answer does not mention the message",
            requestID: "unknown"
        )
        return (.refused(error), failure?["SenderFault"] == true)
    }

    /// The outcome for a message that was sent.
    fileprivate func sending(of id: String, body: String) -> Result<Void, AWSError> {
        let call = "sqs:SendMessageBatch"
        guard let success = success(of: id) else { return .failure(failure(of: id, call: call).error) }
        let hash = success["MD5OfMessageBody"]?.string
        guard hash == nil || hash == Digest.md5(Array(body.utf8)).hexadecimal else {
            return .failure(.unreadable(call: call, reason: "the queue took another message than was sent"))
        }
        return .success(())
    }
}
