import AWS
import Alerting
import CloudTrail
import HTTP
import LambdaRuntime
import Time

/// Reads a log file while it downloads, and stores its query starts and stops in batches, so that memory stays small.
final class LogFileSink: ResponseSink {
    private static let batchCount = 250
    /// As many times as one line of metrics takes.
    private static let latencyCount = 100

    /// Writes starts; outcomes come in their order.
    typealias Insert = ([QueryStart]) -> [Result<DynamoDB.WriteOutcome, AWSError>]

    /// Notes who stopped queries; outcomes come in the order of the stops.
    typealias NoteStops = ([QueryStop]) -> [Result<DynamoDB.WriteOutcome, AWSError>]

    /// The counts of a file's records and of the outcomes of its starts.
    struct Tally: Equatable {
        var contents = LogFileReader.Contents.log
        var records = LogFileReader.Counts()
        var stored = 0
        var alreadyStored = 0
        var otherAccount = 0
        var otherDays = 0
        var notStored = 0
        /// The times from the first starts to their rows.
        var latencies: [Duration] = []
    }

    private(set) var tally = Tally()
    /// The reason for which the rest of the file was declined.
    private(set) var failure: String?

    private let accountID: String?
    private let insert: Insert
    private let noteStops: NoteStops
    private let days: ClosedRange<String>?
    private var reader = LogFileReader()
    private var waiting: [QueryStart] = []
    private var waitingStops: [QueryStop] = []

    /// Creates a sink.
    ///
    /// - Parameters:
    ///   - accountID: the account whose queries to store; nil for all.
    ///   - days: the days whose queries to store, as rows have them; nil for all.
    ///   - insert: writes starts.
    ///   - noteStops: notes who stopped queries.
    init(
        accountID: String?,
        days: ClosedRange<String>? = nil,
        insert: @escaping Insert,
        noteStops: @escaping NoteStops = { _ in [] }
    ) {
        self.accountID = accountID
        self.days = days
        self.insert = insert
        self.noteStops = noteStops
    }

    func begin() {
        tally = Tally()
        failure = nil
        reader = LogFileReader()
        waiting = []
        waitingStops = []
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        read { () throws(CloudTrailError) in try reader.read(bytes, found: take, stopped: take) }
        return failure == nil
    }

    /// Stores the rest, and returns the reason for a failure, nil when there was none.
    func finish() -> String? {
        read { () throws(CloudTrailError) in tally.contents = try reader.finish() }
        insertWaiting()
        return failure
    }

    /// Counts the starts that were found but not stored, because no more of the file will come.
    func abandon() {
        tally.notStored += waiting.count
        waiting = []
        waitingStops = []
    }

    private func read(_ step: () throws(CloudTrailError) -> Void) {
        do throws(CloudTrailError) {
            try step()
        } catch {
            failure = failure ?? "\(error)"
            insertWaiting()
        }
        tally.records = reader.counts
    }

    /// Takes a start while the reader reads, so it must not use the reader.
    private func take(_ start: QueryStart) {
        if let accountID, let other = start.accountID, other != accountID {
            tally.otherAccount += 1
            return
        }
        guard days?.contains(start.key.startDate) != false else {
            tally.otherDays += 1
            return
        }
        waiting.append(start)
        if waiting.count >= Self.batchCount { insertWaiting() }
    }

    /// Takes a stop, likewise.
    private func take(_ stop: QueryStop) {
        if let accountID, let other = stop.accountID, other != accountID { return }
        waitingStops.append(stop)
        if waitingStops.count >= Self.batchCount { insertWaiting() }
    }

    private func insertWaiting() {
        for (start, outcome) in zip(waiting, insert(waiting)) {
            switch outcome {
            case .success(.written):
                tally.stored += 1
                if tally.latencies.count < Self.latencyCount { tally.latencies.append(Timestamp.now - start.time) }
            case .success(.conditionFailed): tally.alreadyStored += 1
            case .failure(let error):
                tally.notStored += 1
                failure = failure ?? "\(error)"
            }
        }
        waiting.removeAll(keepingCapacity: true)
        guard !waitingStops.isEmpty else { return }
        for case .failure(let error) in noteStops(waitingStops) { failure = failure ?? "\(error)" }
        waitingStops.removeAll(keepingCapacity: true)
    }
}

extension LogFileSink.Tally {
    /// Records = starts + failed starts + others + malformed; starts = stored + already stored + other account + not
    /// stored.
    func add(to metrics: Metrics) {
        metrics.add("Records", records.records)
        metrics.add("RecordsOfOthers", records.others)
        metrics.add("RecordsMalformed", records.malformed)
        metrics.add("StartsRefusedByAthena", records.failedStarts)
        metrics.add("QueryStarts", records.queryStarts)
        metrics.add("QueriesStored", stored)
        metrics.add("QueriesAlreadyStored", alreadyStored)
        metrics.add("QueriesSkippedOtherAccount", otherAccount)
        metrics.add("QueriesNotStored", notStored)
        for latency in latencies { metrics.note("StartLatencySeconds", latency) }
    }
}
