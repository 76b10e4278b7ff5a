import Alerting
import CloudTrail
import HTTP
import JSON
import LambdaRuntime
import Time

@testable import AWS
@testable import Alerter

/// A context without a log.
func context(_ metrics: Metrics = Metrics(), time: Duration = .seconds(60), account: String = "1") -> InvocationContext
{
    InvocationContext(
        requestID: "r",
        functionARN: "arn:aws:lambda:eu-west-1:\(account):function:f",
        deadline: .after(time),
        log: Log(level: .error) { _ in },
        metrics: metrics
    )
}

/// The message of a query that scanned 2 KiB.
let finishedMessage: JSONValue = [
    "start_date": "2019-01-17", "start_timestamp": "2019-01-17 11:57:30", "query_execution_id": "q",
    "query_state": "SUCCEEDED", "executing_user": "ada", "data_scanned": 2048, "query_sql": "select 1",
]

/// A failure of AWS.
let unavailable = AWSError.transport(call: "fake", .timedOut("fake"))

/// The queries table in memory. Every call can fail.
final class FakeTable: OpenQueries, StartRows {
    var open: [OpenQuery] = []
    var closings: [String: RowClosing] = [:]
    var starts: Set<String> = []
    var earlier: String?
    var warned: [String: Set<AlertTarget>] = [:]
    var stopped: [String: String] = [:]
    /// The notes of who stopped queries, and the look-ups of them.
    var stoppers: [String: String] = [:]
    private(set) var stopLookUps: [Set<String>] = []
    var stopFailure: AWSError?
    var failure: AWSError?
    var pageCount = 100

    func markStopped(
        _ key: QueryKey,
        at bound: String?,
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.WriteOutcome {
        if let failure { throw failure }
        stopped[key.executionID] = bound
        return .written
    }

    func stopBounds(of keys: [QueryKey], before deadline: Deadline) throws(AWSError) -> [QueryKey: String] {
        Dictionary(uniqueKeysWithValues: keys.compactMap { key in stopped[key.executionID].map { (key, $0) } })
    }

    func markWarned(
        _ warnings: [(key: QueryKey, targets: Set<AlertTarget>)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        warnings.map { key, targets in
            if let failure { return .failure(failure) }
            warned[key.executionID] = targets
            return .success(.written)
        }
    }

    func note(_ stops: [QueryStop], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        stops.map { stop in
            if let failure = failure ?? stopFailure { return .failure(failure) }
            stoppers[stop.executionID] = stop.caller.person.name
            return .success(.written)
        }
    }

    func stoppers(of executionIDs: Set<String>, before deadline: Deadline) throws(AWSError) -> [String: String] {
        stopLookUps.append(executionIDs)
        if let failure = failure ?? stopFailure { throw failure }
        return stoppers.filter { executionIDs.contains($0.key) }
    }

    func insert(_ starts: [QueryStart], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        starts.map { start in
            if let failure { return .failure(failure) }
            return .success(self.starts.insert(start.key.startKey).inserted ? .written : .conditionFailed)
        }
    }

    func openQueries(
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [OpenQuery], next: Item?) {
        if let failure { throw failure }
        let last = start?["start_key"]?.string ?? ""
        let page = open.filter { $0.key.startKey > last }.prefix(pageCount)
        let isLast = page.last == open.last || page.isEmpty
        return (Array(page), isLast ? nil : page.last.map { QueriesTable.position(after: $0) })
    }

    func earlierRow(of key: QueryKey, since time: Timestamp, before deadline: Deadline) throws(AWSError) -> String? {
        earlier
    }

    func close(
        _ closings: [(key: QueryKey, closing: RowClosing)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        closings.map { key, closing in
            if let failure { return .failure(failure) }
            guard self.closings[key.executionID] == nil else { return .success(.conditionFailed) }
            self.closings[key.executionID] = closing
            return .success(.written)
        }
    }
}

/// Athena in memory: executions by their ids; a poisonous id makes a batch refused, a silent region does not answer.
final class FakeAthena: Executions, ExecutionStopper {
    private(set) var stopped: [String] = []
    var stopFailure: AWSError?

    func stop(_ id: String, in region: String?, before deadline: Deadline) throws(AWSError) {
        if let stopFailure { throw stopFailure }
        stopped.append("\(id) in \(region ?? "its own")")
    }

    var executions: [String: String] = [:]
    /// Executions in Athena's JSON, which may be malformed.
    var documents: [String: JSONValue] = [:]
    var poison: Set<String> = []
    var silentRegions: Set<String> = []
    var sql = "q"
    private(set) var batches: [[String]] = []

    func batchGetQueryExecution(
        _ batches: [Athena.Batch],
        before deadline: Deadline
    ) -> [Result<Athena.Answer, AWSError>] {
        batches.map { batch in
            self.batches.append(batch.ids)
            if silentRegions.contains(batch.region ?? "") { return .failure(unavailable) }
            guard poison.isDisjoint(with: batch.ids) else { return .failure(refusal) }
            let answer: JSONValue = ["QueryExecutions": .array(batch.ids.compactMap(document))]
            return (try? Athena.Answer(json: answer)).map { .success($0) } ?? .failure(unavailable)
        }
    }

    private var refusal: AWSError {
        .refused(
            ServiceError(
                call: "athena:BatchGetQueryExecution",
                response: HTTPResponse(status: 400, body: Array(#"{"__type":"InvalidRequestException"}"#.utf8))
            )
        )
    }

    private func document(_ id: String) -> JSONValue? {
        documents[id]
            ?? executions[id].map { state in
                let status: JSONValue = ["State": .string(state), "SubmissionDateTime": 1.5]
                return ["QueryExecutionId": .string(id), "Query": .string(sql), "Status": status]
            }
    }
}

/// A bucket in memory.
final class FakeBucket: LogFiles {
    var files: [String: [UInt8]] = [:]
    private(set) var reads: [String] = []

    func getObject(
        bucket: String,
        key: String,
        into sink: any ResponseSink,
        before deadline: Deadline
    ) throws(AWSError) {
        reads.append(key)
        guard let file = files[key] else { throw unavailable }
        sink.begin()
        guard file.withUnsafeBytes({ sink.receive($0) }) else {
            throw .transport(call: "s3:GetObject", .refusedBySink)
        }
    }
}

/// The queues in memory.
final class FakeQueue: FinishedQueries, EventQueue {
    private(set) var messages: [String] = []
    private(set) var delays: [SQS.Delay] = []
    var failure: AWSError?

    func delay(_ delays: [SQS.Delay], in queueURL: String, before deadline: Deadline) -> [Result<Void, AWSError>] {
        if let failure { return [.failure(failure)] }
        self.delays += delays
        return [.success(())]
    }

    func send(_ messages: [String], to queueURL: String, before deadline: Deadline) -> [Result<Void, AWSError>] {
        messages.map { message in
            if let failure { return .failure(failure) }
            self.messages.append(message)
            return .success(())
        }
    }
}

/// Identity Center in memory.
final class FakeDirectory: UserDirectory {
    var names: [String: String] = [:]
    var failure: AWSError?
    private(set) var askedFor: [String] = []

    func name(ofUser userID: String, before deadline: Deadline) throws(AWSError) -> String? {
        askedFor.append(userID)
        if let failure { throw failure }
        return names[userID]
    }
}
