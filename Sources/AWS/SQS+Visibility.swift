import JSON
import System
package import Time

/// The time at which messages that a function received come again.
extension SQS {
    /// A received message, and the time after which it may come again.
    package struct Delay: Sendable, Equatable {
        /// The handle of the message.
        package let receiptHandle: String
        /// The time in seconds.
        package let seconds: Int64

        /// Creates a delay.
        package init(receiptHandle: String, seconds: Int64) {
            self.receiptHandle = receiptHandle
            self.seconds = seconds
        }
    }

    /// Lets messages come again after a time of their own instead of the queue's visibility timeout.
    ///
    /// - Returns: the outcome of each request for up to ten messages.
    package func delay(
        _ delays: [Delay],
        in queueURL: String,
        before deadline: Deadline
    ) -> [Result<Void, AWSError>] {
        let calls = delays.chunks(of: Self.maximumBatchCount).map { chunk in
            let entries = chunk.enumerated().map { index, delay -> JSONValue in
                [
                    "Id": .string("\(index)"), "ReceiptHandle": .string(delay.receiptHandle),
                    "VisibilityTimeout": .integer(delay.seconds),
                ]
            }
            let input: JSONValue = ["QueueUrl": .string(queueURL), "Entries": .array(entries)]
            return AWSCall.json(.sqs, "ChangeMessageVisibilityBatch", input)
        }
        return client.sendAll(calls, inFlight: Self.batchesInFlight, before: deadline) { _ in }
    }
}
