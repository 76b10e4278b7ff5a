import AWS
import Alerting
import LambdaRuntime
import Time

/// The records of alerts that went out while the table refused to take them. A failed write is retried at the start of
/// the next invocation, before any alert is claimed: the messages of those alerts may be among the ones that arrive.
struct OwedRecords {
    /// An alert that went out, the time, and its share in a day's sums.
    struct Record {
        let alert: Alert
        let count: CountedAlert?
        let time: AttributeValue

        /// Writes the record, with the alert's share in the day's sums.
        ///
        /// - Parameter messageID: the message that returns when the sums cannot be shown; nil for none.
        func make(
            in records: any AlertRecords,
            _ threads: inout AlertThreads,
            returning messageID: String?,
            before deadline: Deadline
        ) throws(AWSError) {
            let key = alert.query.alertKey
            guard var count else { return try records.record(alert.name, of: key, at: time, before: deadline) }
            // Without a message that can return, a lease would keep others from the update should this one fail.
            count.updateToken = messageID == nil ? nil : threads.updateToken(of: count.key)
            do {
                let day = try threads.days.record(alert.name, of: key, at: time, counted: count, before: deadline)
                if day.isOutdated { threads.add(count.key, alert.notifier, messageID: messageID) }
            } catch {
                // The table may have made the record although its answer was lost, and others then wait for the update.
                threads.add(count.key, alert.notifier, messageID: nil)
                throw error
            }
        }
    }

    /// The time that an invocation spends on the records of earlier ones.
    private static let timeLimit = Duration.seconds(2)

    private var waiting: [Record] = []

    /// The number of records that are still to be written.
    var count: Int { waiting.count }

    /// Whether an alert has gone out and has no record yet.
    func holds(_ alert: Alert) -> Bool {
        waiting.contains { $0.alert.name == alert.name && $0.alert.query.alertKey == alert.query.alertKey }
    }

    /// Adds a record that could not be written.
    mutating func add(_ record: Record) {
        waiting.append(record)
    }

    /// Writes the records in the order in which they failed, up to the first that fails again. What DynamoDB will never
    /// take must not keep the others from it.
    mutating func make(in records: any AlertRecords, _ threads: inout AlertThreads, before deadline: Deadline) {
        let deadline = min(deadline, .after(Self.timeLimit))
        do {
            while let next = waiting.first {
                do throws(AWSError) {
                    try next.make(in: records, &threads, returning: nil, before: deadline)
                    try records.show([next.alert.name: next.time], on: next.alert.query.key, before: deadline)
                } catch  where error.isAboutInput {
                    threads.context.log(.error, "an alert went out and will never be recorded: \(error)")
                }
                waiting.removeFirst()
            }
        } catch {
            threads.context.log(.warn, "\(waiting.count) alerts that went out are still not recorded: \(error)")
        }
    }
}
