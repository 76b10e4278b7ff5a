import AWS
import Alerting
import CloudTrail
import Time

/// The state of a query according to Athena's answer.
enum QueryProgress: Equatable {
    /// It waits or has just begun.
    case unfinished
    /// It runs: its time, size and cost so far.
    case running(FinishedQuery)
    /// It has ended.
    case ended(FinishedQuery, submitted: Timestamp?)
    /// Athena does not know it, or no longer.
    case unknown
    /// Athena gave a reason for not returning this query.
    case unclear(String)
    /// Athena refused the request for this query and others.
    case refusedWithOthers
    /// Athena refused the request for this query alone.
    case refused(String)
    /// No answer came.
    case notTold

    /// The time after which Athena must know a query: right after its start a query may not be known everywhere.
    private static let patience = Duration.seconds(3600)

    /// Finds a row's query in an answer, which may lack it and may hold executions that were not requested.
    init(of row: OpenQuery, in answer: Athena.Answer, price: Price, now: Timestamp = .now) {
        let id = row.key.executionID
        if let execution = answer.executions.first(where: { $0.id == id }) {
            self = .init(of: row, execution, price: price, now: now)
            return
        }
        let age = row.age(at: now)
        let reason = answer.unprocessed.first { $0.id == id }
        let isNotFound = reason?.message?.lowercased().contains("not found") ?? false
        if age > OpenQuery.memory || (isNotFound && age > Self.patience) {
            self = .unknown
        } else {
            let said = reason.map { "\($0.code ?? "no code"): \($0.message ?? "no message")" }
            self = .unclear("\(id): \(said ?? "the answer does not mention it")")
        }
    }

    private init(of row: OpenQuery, _ execution: QueryExecution, price: Price, now: Timestamp) {
        let runningTime = execution.runningTime(at: now)
        guard execution.hasEnded || runningTime != nil else {
            self = .unfinished
            return
        }
        var query = FinishedQuery(
            key: row.key,
            state: QueryState(rawValue: execution.state.text),
            user: row.attribution.person.name,
            dataScanned: execution.bytesScanned,
            sql: execution.sql
        )
        query.attribute(to: row.attribution)
        query.accountID = row.accountID
        query.region = row.region
        query.workgroup = execution.workgroup ?? row.workgroup
        query.database = execution.database
        query.catalog = execution.catalog
        query.statementType = execution.statementType
        query.stateChangeReason = execution.stateChangeReason
        query.durationMilliseconds = execution.milliseconds
        query.cost = price.cost(of: query, billedBy: execution.billing)
        query.submissionTimestamp = execution.submitted?.dateAndTime
        if query.state == .cancelled, !query.isStoppedByLimit { query.stopBound = row.stopBound }
        query.completionTimestamp = execution.completed?.dateAndTime
        if let runningTime {
            query.durationMilliseconds = runningTime
            self = .running(query)
        } else {
            self = .ended(query, submitted: execution.submitted)
        }
    }
}

extension QueryExecution {
    /// The milliseconds for which it has been running, without those for which it waited; nil unless it runs.
    fileprivate func runningTime(at now: Timestamp) -> Int64? {
        guard state == .running, let submitted else { return nil }
        return max(0, now.millisecondsSince1970 - submitted.millisecondsSince1970 - max(0, queuedMilliseconds ?? 0))
    }

    /// The measure by which Athena bills this execution.
    fileprivate var billing: Price.Billing {
        if engineVersion?.lowercased().contains("spark") == true { return .spark }
        if let capacityUnits, capacityUnits > 0 { return .capacity }
        return isResultReused ? .reusedResult : .bytes
    }
}
