import AWS
import Alerting
import System

/// How a query stands, by what Athena answered.
enum QueryProgress: Equatable {
    /// It waits or runs.
    case unfinished
    /// It has ended.
    case ended(FinishedQuery, submitted: Timestamp?)
    /// Athena does not know it, or no longer.
    case unknown
    /// Athena said why it tells nothing of this one.
    case unclear(String)
    /// Athena refused the request in which it was asked for together with others.
    case refusedWithOthers
    /// Athena refused to be asked for this one.
    case refused(String)
    /// No answer came.
    case notTold

    /// A query that is asked for right after its start may not be known everywhere in Athena yet.
    private static let patience = Duration.seconds(3600)

    /// Finds a row's query in an answer, which may hold executions that nobody asked for, and lack some.
    init(of row: OpenQuery, in answer: Athena.Answer, price: Price, now: Timestamp = .now) {
        let id = row.key.executionID
        if let execution = answer.executions.first(where: { $0.QueryExecutionId == id }) {
            self = .init(of: row, execution, price: price)
            return
        }
        let age = row.age(at: now)
        let reason = answer.unprocessed.first { $0.QueryExecutionId == id }
        let isNotFound = reason?.ErrorMessage?.lowercased().contains("not found") ?? false
        if age > OpenQuery.memory || (isNotFound && age > Self.patience) {
            self = .unknown
        } else {
            let said = reason.map { "\($0.ErrorCode ?? "no code"): \($0.ErrorMessage ?? "no message")" }
            self = .unclear("\(id): \(said ?? "the answer does not mention it")")
        }
    }

    private init(of row: OpenQuery, _ execution: QueryExecution, price: Price) {
        guard !["QUEUED", "RUNNING"].contains(execution.Status.State) else {
            self = .unfinished
            return
        }
        let statistics = execution.Statistics
        var query = FinishedQuery(
            key: row.key,
            state: execution.Status.State,
            user: row.user,
            dataScanned: max(0, statistics?.DataScannedInBytes ?? 0),
            sql: execution.Query
        )
        query.userType = row.userType
        query.accountID = row.accountID
        query.region = row.region
        query.workgroup = execution.WorkGroup ?? row.workgroup
        query.database = execution.QueryExecutionContext?.Database
        query.statementType = execution.StatementType
        query.stateChangeReason = execution.Status.StateChangeReason
        query.durationMilliseconds = statistics?.TotalExecutionTimeInMillis ?? statistics?.EngineExecutionTimeInMillis
        query.cost = price.cost(
            of: query,
            isReused: statistics?.ResultReuseInformation?.ReusedPreviousResult == true,
            isProvisioned: (statistics?.DpuCount ?? 0) > 0
        )
        let submitted = execution.Status.SubmissionDateTime.flatMap(Timestamp.init(fractionalSecondsSince1970:))
        query.submissionTimestamp = submitted?.dateAndTime
        self = .ended(query, submitted: submitted)
    }
}
