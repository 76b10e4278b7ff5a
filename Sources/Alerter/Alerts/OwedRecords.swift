import AWS
import Alerting
import LambdaRuntime
import Time

/// The records of alerts that went out while the table refused to take them. A failed write is retried at the start of
/// the next invocation, before any alert is claimed: the messages of those alerts may be among the ones that arrive.
struct OwedRecords {
    /// The time at which an alert went out.
    struct Record {
        let alert: String
        let alertKey: QueryKey
        let rowKey: QueryKey
        let time: AttributeValue
    }

    /// The time that an invocation spends on the records of earlier ones.
    private static let timeLimit = Duration.seconds(2)

    private var waiting: [Record] = []

    /// Adds a record that could not be written.
    mutating func add(_ record: Record) {
        waiting.append(record)
    }

    /// Writes the records in the order in which they failed, up to the first that fails again.
    mutating func make(in records: any AlertRecords, _ context: InvocationContext, before deadline: Deadline) {
        let deadline = min(deadline, .after(Self.timeLimit))
        do {
            while let next = waiting.first {
                try records.record(next.alert, of: next.alertKey, at: next.time, before: deadline)
                try records.show(next.alert, on: next.rowKey, at: next.time, before: deadline)
                waiting.removeFirst()
            }
        } catch {
            context.log(.warn, "\(waiting.count) alerts that went out are still not recorded: \(error)")
        }
    }
}
