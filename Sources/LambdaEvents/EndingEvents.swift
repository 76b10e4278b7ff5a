package import JSON

/// Athena's events of queries that have reached their last state, as a queue or EventBridge itself delivers them.
///
/// https://docs.aws.amazon.com/athena/latest/ug/athena-events.html
package struct EndingEvents {
    /// The event of one query.
    package struct Ending: Equatable {
        /// The queue's message with the event, nil without a queue.
        package let message: Message?
        /// Athena's id of the execution.
        package let executionID: String
        /// The account in which the query ran.
        package let accountID: String?
    }

    /// A message of a queue.
    package struct Message: Equatable {
        /// The queue's id of the message.
        package let id: String
        /// The handle with which the message's visibility can be changed.
        package let receiptHandle: String?
        /// The number of times that the message was received, this one included.
        package let receiveCount: Int
    }

    /// The states after which Athena changes nothing.
    private static let lastStates: Set<String> = ["SUCCEEDED", "FAILED", "CANCELLED"]
    private static let kind = JSONValue.string("Athena Query State Change")

    /// The events of ends.
    package private(set) var endings: [Ending] = []
    /// The number of events of other states, and of those that cannot be read.
    package private(set) var skippedCount = 0

    /// Reads an event; nil for one that is neither a batch of a queue nor Athena's, such as a schedule's.
    package init?(_ event: JSONValue) {
        if event["detail-type"] == Self.kind {
            add(event, message: nil)
            return
        }
        guard let records = event["Records"]?.array, records.contains(where: { $0["eventSource"] == "aws:sqs" }) else {
            return nil
        }
        for record in records {
            let message = record["messageId"]?.string.map { id in
                Message(
                    id: id,
                    receiptHandle: record["receiptHandle"]?.string,
                    receiveCount: record["attributes"]?["ApproximateReceiveCount"]?.string.flatMap { Int($0) } ?? 1
                )
            }
            add(record["body"]?.string.flatMap { try? JSONValue(parsing: $0.utf8) } ?? .null, message: message)
        }
    }

    private mutating func add(_ event: JSONValue, message: Message?) {
        let detail = event["detail"]
        guard event["detail-type"] == Self.kind, let id = detail?["queryExecutionId"]?.string, !id.isEmpty,
            let state = detail?["currentState"]?.string, Self.lastStates.contains(state)
        else {
            skippedCount += 1
            return
        }
        endings.append(Ending(message: message, executionID: id, accountID: event["account"]?.string))
    }
}
