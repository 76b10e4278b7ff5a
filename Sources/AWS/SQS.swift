/// Queues in SQS.
public struct SQS {
    let client: AWSClient

    /// How many batches are in flight together.
    static let batchesInFlight = 8

    /// What SQS takes in one request.
    static let maximumBatchCount = 10

    /// The longest message and the longest batch, in bytes of UTF-8. SQS takes more by now, but queues keep the limit
    /// that they were created with, and this is the lowest.
    ///
    /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    public static let maximumMessageLength = 262_144

    /// Creates a door to SQS.
    public init(_ client: AWSClient) {
        self.client = client
    }

    /// Sends messages in as few requests as they fit in; each stands for itself, outcomes come in their order.
    public func send(
        _ bodies: [String],
        to queueURL: String,
        before deadline: ContinuousClock.Instant
    ) -> [Result<Void, AWSError>] {
        let batches = Self.batches(of: bodies.map(\.utf8.count))
        let calls: [AWSCall]
        do throws(AWSError) {
            calls = try batches.map { batch throws(AWSError) in
                let entries = batch.map { SendMessageBatchInput.Entry(Id: String($0), MessageBody: bodies[$0]) }
                return try .json(.sqs, "SendMessageBatch", SendMessageBatchInput(QueueUrl: queueURL, Entries: entries))
            }
        } catch {
            return bodies.map { _ in .failure(error) }
        }
        let answers = client.sendAll(calls, inFlight: Self.batchesInFlight, before: deadline)
        return zip(batches, answers).flatMap { batch, answer in
            let outcomes = answer.flatMap { response in
                Result { () throws(AWSError) in
                    try response.decoded(SendMessageBatchOutput.self, of: "sqs:SendMessageBatch")
                }
            }
            return batch.map { index in
                outcomes.flatMap { $0.outcome(of: String(index), body: bodies[index]) }
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

private struct SendMessageBatchInput: Encodable {
    let QueueUrl: String
    let Entries: [Entry]

    struct Entry: Encodable {
        let Id: String
        let MessageBody: String
    }
}

private struct SendMessageBatchOutput: Decodable {
    let Successful: [Success]?
    let Failed: [Failure]?

    struct Success: Decodable {
        let Id: String
        let MD5OfMessageBody: String?
    }

    struct Failure: Decodable {
        let Id: String
        let Code: String?
        let Message: String?
    }

    /// What became of one message: SQS answers 200 even when it took none of them.
    func outcome(of id: String, body: String) -> Result<Void, AWSError> {
        let call = "sqs:SendMessageBatch"
        if let success = Successful?.first(where: { $0.Id == id }) {
            let hash = success.MD5OfMessageBody
            guard hash == nil || hash == Digest.md5(Array(body.utf8)).hexadecimal else {
                return .failure(.unreadable(call: call, reason: "the queue took another message than was sent"))
            }
            return .success(())
        }
        let failure = Failed?.first { $0.Id == id }
        return .failure(
            .refused(
                ServiceError(
                    call: call,
                    status: 200,
                    code: failure?.Code ?? "NotMentioned",
                    message: failure?.Message ?? "the answer does not mention the message",
                    requestID: "unknown"
                )
            )
        )
    }
}
