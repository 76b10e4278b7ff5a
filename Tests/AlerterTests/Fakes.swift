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
    var failure: AWSError?
    var pageCount = 100

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
final class FakeAthena: Executions {
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

/// The queue in memory.
final class FakeQueue: FinishedQueries {
    private(set) var messages: [String] = []
    var failure: AWSError?

    func send(_ messages: [String], to queueURL: String, before deadline: Deadline) -> [Result<Void, AWSError>] {
        messages.map { message in
            if let failure { return .failure(failure) }
            self.messages.append(message)
            return .success(())
        }
    }
}

/// The ledger of alerts in memory. Each kind of call can fail.
final class FakeRecords: AlertRecords {
    var claims: [String: AttributeValue] = [:]
    var recorded: [String: AttributeValue] = [:]
    var shown: [String] = []
    var claimFailure: AWSError?
    var recordFailure: AWSError?
    var showFailure: AWSError?
    private var count = 0

    func claim(
        _ alert: String,
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> AlertLedger.Claim {
        if let claimFailure { throw claimFailure }
        if let time = recorded[alert] { return .alreadyAlerted(at: time) }
        guard claims[alert] == nil else { return .held }
        count += 1
        let token = AttributeValue.integer(Int64(count))
        claims[alert] = token
        return .granted(token: token)
    }

    func record(_ alert: String, of key: QueryKey, at time: AttributeValue, before deadline: Deadline) throws(AWSError)
    {
        if let recordFailure { throw recordFailure }
        recorded[alert] = time
        claims[alert] = nil
    }

    func show(_ alert: String, on key: QueryKey, at time: AttributeValue, before deadline: Deadline) throws(AWSError) {
        if let showFailure { throw showFailure }
        shown.append(alert)
    }

    func release(
        _ alert: String,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        if claims[alert] == token { claims[alert] = nil }
    }
}

/// A notifier in memory, with an outcome for each target.
final class FakeNotifier: Notifier {
    var outcomes: [AlertTarget: Result<Delivery, NotifierError>] = [:]
    private(set) var delivered: [AlertTarget] = []
    private(set) var queries: [FinishedQuery] = []
    private(set) var outcomesOfRules: [RuleOutcome] = []

    func alertName(for target: AlertTarget) -> String { target.rawValue }

    func deliver(
        _ query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        delivered.append(target)
        queries.append(query)
        outcomesOfRules.append(outcome)
        return try (outcomes[target] ?? .success(.delivered)).get()
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
