import AWS
package import Alerting
package import CloudTrail
import HTTP
import JSON
import LambdaRuntime

/// Stores the queries that were started, as the log files of an event tell.
///
/// A file is done when each of its query starts is stored, was stored before, or is deliberately skipped. What is not
/// done fails: messages of a queue go back to it, any other event fails as a whole and is delivered again by Lambda.
struct CloudTrailHandler: LambdaHandler {
    /// What it takes to report after the work has been stopped.
    private static let reserve = Duration.seconds(2)

    let s3: S3
    let store: QueryStore

    func handle(_ event: [UInt8], _ context: InvocationContext) throws -> [UInt8] {
        var failedMessages: [String] = []
        var failures: [String] = []
        for item in S3EventSources.items(of: event) {
            let reasons = item.parts.compactMap { handle($0, context) }
            if let id = item.messageID {
                if !reasons.isEmpty { failedMessages.append(id) }
            } else {
                failures += reasons
            }
        }
        guard failures.isEmpty else { throw HandlerError.incomplete(failures) }
        return BatchResponse.json(failedMessageIDs: failedMessages)
    }

    /// Handles one part and says why it failed, nil when it did not. A part that fails does not stop the next.
    private func handle(_ part: EventPart, _ context: InvocationContext) -> String? {
        switch part {
        case .file(let file):
            return read(file, context)
        case .skipped(let reason):
            context.metrics.add("FilesSkipped\(reason.rawValue)")
            return nil
        case .unknown(let reason):
            let error = HandlerError.unknownEvent(reason)
            context.metrics.add("FilesFailed")
            context.log(.error, "\(error)")
            return "\(error)"
        }
    }

    private func read(_ file: LogFile, _ context: InvocationContext) -> String? {
        let deadline = context.deadline(reserving: Self.reserve)
        let sink = LogFileSink(accountID: context.accountID) { store.insert($0, before: deadline) }
        var failure: String?
        do throws(AWSError) {
            try s3.getObject(bucket: file.bucket, key: file.key, into: sink, before: deadline)
            failure = sink.finish()
        } catch {
            // A sink that declined the rest knows better why than the transfer that it ended.
            failure = sink.failure ?? "\(error)"
            sink.abandon()
        }
        sink.tally.add(to: context.metrics)
        let malformed = sink.tally.records.malformed
        if malformed > 0 {
            let place = "s3://\(file.bucket)/\(file.key)"
            context.log(.warn, "\(malformed) records cannot be read", .init("file", .string(place)))
        }
        guard let failure else {
            context.metrics.add("FilesRead")
            return nil
        }
        context.metrics.add("FilesFailed")
        let text = "s3://\(file.bucket)/\(file.key): \(failure)"
        context.log(.error, "a log file could not be read", JSONValue.Member("reason", .string(text)))
        return text
    }
}

/// Reads a log file while it downloads, and stores what it finds in batches, so that memory stays small.
final class LogFileSink: ResponseSink {
    private static let batchCount = 250

    /// Writes queries; outcomes come in their order.
    typealias Insert = ([Query]) -> [Result<DynamoDB.WriteOutcome, AWSError>]

    /// What became of a file's records.
    struct Tally: Equatable {
        var records = LogFileReader.Counts()
        var stored = 0
        var alreadyStored = 0
        var otherAccount = 0
        var otherDays = 0
        var notStored = 0
    }

    private(set) var tally = Tally()
    /// Why the rest of the file was declined.
    private(set) var failure: String?

    private let accountID: String?
    private let insert: Insert
    private let days: ClosedRange<String>?
    private let packing: LogFileReader.Packing
    private var reader = LogFileReader()
    private var waiting: [Query] = []

    /// Creates a sink.
    ///
    /// - Parameters:
    ///   - accountID: whose queries to store; nil for everybody's.
    ///   - days: the queries of which days to store, as rows have them; nil for all.
    ///   - packing: how the file is packed.
    ///   - insert: writes queries.
    init(
        accountID: String?,
        days: ClosedRange<String>? = nil,
        packing: LogFileReader.Packing = .gzip,
        insert: @escaping Insert
    ) {
        self.accountID = accountID
        self.days = days
        self.packing = packing
        self.insert = insert
    }

    func begin() {
        tally = Tally()
        failure = nil
        reader = LogFileReader(packing: packing)
        waiting = []
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        read { () throws(CloudTrailError) in try reader.read(bytes) { start in take(start) } }
        return failure == nil
    }

    /// Stores the rest and says what went wrong, nil when nothing did.
    func finish() -> String? {
        read { () throws(CloudTrailError) in try reader.finish() }
        insertWaiting()
        return failure
    }

    /// Counts what was found but not stored, because no more of the file will come.
    func abandon() {
        tally.notStored += waiting.count
        waiting = []
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

    /// Called while the reader reads, so it must not look at the reader.
    private func take(_ start: QueryStart) {
        if let accountID, let other = start.accountID, other != accountID {
            tally.otherAccount += 1
            return
        }
        let query = Query(start)
        guard days?.contains(query.key.startDate) != false else {
            tally.otherDays += 1
            return
        }
        waiting.append(query)
        if waiting.count >= Self.batchCount { insertWaiting() }
    }

    private func insertWaiting() {
        for outcome in insert(waiting) {
            switch outcome {
            case .success(.written): tally.stored += 1
            case .success(.conditionFailed): tally.alreadyStored += 1
            case .failure(let error):
                tally.notStored += 1
                failure = failure ?? "\(error)"
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

extension LogFileSink.Tally {
    /// Records = starts + failed starts + others + malformed; starts = stored + already stored + other account + not
    /// stored.
    fileprivate func add(to metrics: Metrics) {
        metrics.add("Records", records.records)
        metrics.add("RecordsOfOthers", records.others)
        metrics.add("RecordsMalformed", records.malformed)
        metrics.add("StartsRefusedByAthena", records.failedStarts)
        metrics.add("QueryStarts", records.queryStarts)
        metrics.add("QueriesStored", stored)
        metrics.add("QueriesAlreadyStored", alreadyStored)
        metrics.add("QueriesSkippedOtherAccount", otherAccount)
        metrics.add("QueriesNotStored", notStored)
    }
}

extension Query {
    /// The row of a query that CloudTrail saw being started.
    package init(_ start: QueryStart) {
        self.init(
            executionID: start.queryExecutionID,
            startTime: start.time,
            user: start.person.name,
            userType: start.person.kind.rawValue,
            accountID: start.accountID,
            region: start.region,
            workgroup: start.workgroup,
            principalARN: start.principalARN
        )
    }
}
