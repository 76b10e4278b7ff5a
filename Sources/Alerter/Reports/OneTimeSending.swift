import AWS
import Alerting
import LambdaRuntime
import Time

/// Sends something once, however often it is asked to: claims it before it is sent and records it after, as an alert is.
final class OneTimeSending {
    /// The name of the claim and the record.
    private static let alert = "summary"

    /// The time that an invocation spends on the records of earlier ones.
    private static let timeForOwedRecords = Duration.seconds(2)

    private let records: any SummaryRecords
    /// The keys that were settled while the table refused to take the record. The same process's next invocation writes it.
    private var owed: [(key: QueryKey, time: AttributeValue)] = []

    init(_ records: any SummaryRecords) {
        self.records = records
    }

    /// The outcome of one attempt to send.
    enum Attempt {
        /// It went out, or never will: no retry would change it.
        case settled
        /// It certainly did not go out.
        case notSent(String)
        /// It may have gone out.
        case unclear(String)
    }

    /// The outcome of all attempts so far.
    enum Outcome: Equatable {
        case settled
        case settledBefore
        /// Another invocation is sending it.
        case held
        case failed(String)
    }

    /// Writes the records that failed in earlier invocations, up to the first that fails again.
    func makeOwedRecords(_ log: Log, before deadline: Deadline) {
        let deadline = min(deadline, .after(Self.timeForOwedRecords))
        do throws(AWSError) {
            while let next = owed.first {
                try records.record(Self.alert, of: next.key, at: next.time, before: deadline)
                owed.removeFirst()
            }
        } catch {
            log(.warn, "\(owed.count) summaries that went out are still not recorded: \(error)")
        }
    }

    /// The sort keys of those in a partition that are settled.
    func settled(in partition: String, before deadline: Deadline) throws(AWSError) -> Set<String> {
        let owedKeys = owed.filter { $0.key.startDate == partition }.map(\.key.startKey)
        return try records.recorded(Self.alert, in: partition, before: deadline).union(owedKeys)
    }

    /// Sends, unless that was done before or is being done.
    ///
    /// - Parameters:
    ///   - key: the item that has the claim and the record.
    ///   - end: the time at which the claim ends by itself.
    ///   - send: makes the attempt.
    func send(
        _ key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline,
        by send: () -> Attempt
    ) -> Outcome {
        // Its claim may have ended.
        guard !owed.contains(where: { $0.key == key }) else { return .settledBefore }
        do throws(AWSError) {
            switch try records.claim([Self.alert], of: key, until: end, before: deadline).first {
            case .alreadyAlerted: return .settledBefore
            case .held, nil: return .held
            case .granted(let token):
                switch send() {
                case .settled:
                    owed.append((key, AlertLedger.time(.now)))
                    try records.record(Self.alert, of: key, at: AlertLedger.time(.now), before: deadline)
                    owed.removeLast()
                    return .settled
                case .notSent(let reason):
                    try records.release(Self.alert, of: key, token: token, before: deadline)
                    return .failed(reason)
                // The claim stays until it ends: better late than twice.
                case .unclear(let reason): return .failed(reason)
                }
            }
        } catch {
            return .failed("\(error)")
        }
    }
}

/// The records of what was sent, as ``OneTimeSending`` needs them.
protocol SummaryRecords: AlertRecords {
    func recorded(_ alert: String, in partition: String, before deadline: Deadline) throws(AWSError) -> Set<String>
}

extension AlertLedger: SummaryRecords {}

extension InvocationContext {
    /// The time at which the invocation ends at the latest, and with it what it has claimed.
    var end: Timestamp { Timestamp.now + max(.zero, deadline.remaining) }
}
