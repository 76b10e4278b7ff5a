import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import Time

/// One invocation of `run_query`: the order, and the executions that it has run so far.
struct RunQueryInvocation {
    /// The time that the answer takes after the waiting is over.
    private static let reserve = Duration.seconds(2)
    /// The number of runs of a query when Athena itself fails.
    private static let maximumAttempts = 2

    private let order: RunQueryOrder
    private let context: InvocationContext
    private let deadline: Deadline
    private let athena: any QueryRunning
    private let results: any ResultStore
    private var executions: [QueryExecution] = []

    init(order: RunQueryOrder, context: InvocationContext, athena: any QueryRunning, results: any ResultStore) {
        self.order = order
        self.context = context
        self.athena = athena
        self.results = results
        deadline = context.deadline(reserving: Self.reserve)
    }

    /// Runs the order, and returns its answer; a failure is answered as the order says.
    mutating func answer() throws(QueryFailure) -> JSONValue {
        do throws(QueryFailure) {
            return try run()
        } catch {
            context.metrics.add("QueriesFailed")
            context.log(.error, "the query gave no result", JSONValue.Member("reason", .string("\(error)")))
            switch order.onFailure {
            case .error: throw error
            case .status: return error.response.json
            case .compatible:
                let body: JSONValue = .object([.init("location", false), .init(order.settings.rowsName, .null)])
                return APIResponse(status: 200, body: body).json
            }
        }
    }

    private mutating func run() throws(QueryFailure) -> JSONValue {
        if let id = order.executionID {
            context.metrics.add("Queries")
            let execution = try execution(id)
            if let failure = QueryFailure(execution) { throw failure }
            executions.append(execution)
        }
        for statement in order.statements.indices {
            // The statement before has succeeded; its rows are not in the answer.
            if !executions.isEmpty { context.metrics.add("QueriesSucceeded") }
            executions.append(try result(of: statement))
        }
        guard let last = executions.last else { throw QueryFailure(.invalidRequest("nothing was to run")) }
        guard last.hasEnded else {
            context.metrics.add("QueriesLeftRunning")
            return runningAnswer(last)
        }
        let answer = try finalAnswer(last)
        context.metrics.add("QueriesSucceeded")
        return answer
    }

    // MARK: - Executions

    /// Runs one statement, a second time when Athena itself failed.
    private func result(of statement: Int) throws(QueryFailure) -> QueryExecution {
        var attempt = 1
        while true {
            let execution = try execution(start(statement, attempt: attempt))
            guard let failure = QueryFailure(execution) else { return execution }
            guard failure.isRetryable, failure.isAthenasOwn, attempt < Self.maximumAttempts, !deadline.hasPassed else {
                throw failure
            }
            context.metrics.add("QueriesRunAgain")
            attempt += 1
        }
    }

    private func start(_ statement: Int, attempt: Int) throws(QueryFailure) -> String {
        context.metrics.add("Queries")
        do throws(AWSError) {
            let id = try athena.start(order.request(statement, attempt: attempt), before: deadline)
            context.metrics.add("QueriesStarted")
            context.log(.info, "the query runs", JSONValue.Member("query_execution_id", .string(id)))
            return id
        } catch {
            throw QueryFailure(error)
        }
    }

    /// An execution, at its end if the order waits. It may have failed.
    private func execution(_ id: String) throws(QueryFailure) -> QueryExecution {
        let waits = order.settings.waits
        let execution: QueryExecution
        do throws(AWSError) {
            execution = try waits ? athena.wait(for: id, before: deadline) : athena.execution(id, before: deadline)
        } catch {
            throw QueryFailure(error, of: id)
        }
        guard execution.hasEnded || !waits else {
            throw QueryFailure(.stillRunning(state: execution.state.text), of: id, isRetryable: true)
        }
        return execution
    }

    // MARK: - Answers

    /// The answer when all executions have succeeded.
    private func finalAnswer(_ last: QueryExecution) throws(QueryFailure) -> JSONValue {
        let scanned = executions.reduce(0 as Int64) { sum, execution in
            let (sum, isTooLarge) = sum.addingReportingOverflow(execution.bytesScanned)
            return isTooLarge ? .max : sum
        }
        context.metrics.add("BytesScanned", Int(clamping: scanned))
        guard order.settings.answer == .rows else { return sentence("Successfully ran query and saved to", last) }
        let rows = try QueryRows.all(of: last, from: athena, before: deadline)
        let answer = response(rows, last)
        guard answer.serializedLength < QueryRows.longestAnswer else {
            throw QueryFailure(.resultTooLong, of: last.id)
        }
        context.metrics.add("RowsReturned", rows.rows.count)
        // Only now: as long as the answer may still fail, the result must be there for the next attempt.
        if order.settings.deletesResult { deleteResult(of: last) }
        return answer
    }

    private func response(_ rows: QueryRows, _ last: QueryExecution) -> JSONValue {
        // A location that is about to be deleted is of no use.
        let location = order.settings.deletesResult ? nil : last.outputLocation
        let body: JSONValue = .object(of: [
            "location": .stringOrNull(location),
            "queryExecutionId": .string(last.id),
            "queryExecutionIds": executions.count > 1 ? .strings(executions.map(\.id)) : nil,
            "bytesScanned": .integer(last.bytesScanned),
            "columns": rows.header,
            order.settings.rowsName: rows.objects(isTyped: order.settings.isTyped),
        ])
        return APIResponse(status: 200, body: body).json
    }

    /// The answer when the execution has not ended and the order does not wait.
    private func runningAnswer(_ execution: QueryExecution) -> JSONValue {
        guard order.settings.answer == .rows else { return sentence("Started query; its result goes to", execution) }
        return APIResponse(
            status: 202,
            body: [
                "queryExecutionId": .string(execution.id),
                "state": .string(execution.state.text),
                "location": .stringOrNull(execution.outputLocation),
            ]
        ).json
    }

    /// An answer whose body is one sentence, with the execution's id beside it.
    private func sentence(_ words: String, _ execution: QueryExecution) -> JSONValue {
        // The place that Athena used, which the workgroup may decide.
        let location = execution.outputLocation ?? "Athena's own storage"
        let folder = location.lastIndex(of: "/").map { location[...$0] } ?? location[...]
        return [
            "statusCode": execution.hasEnded ? 200 : 202,
            "headers": ["Content-Type": "application/json"],
            "body": .string(JSONValue.string("\(words) \(folder)!").serialized()),
            "queryExecutionId": .string(execution.id),
        ]
    }

    /// Deletes the two files that the query wrote, and no others. A file that stays does not fail the query.
    private func deleteResult(of execution: QueryExecution) {
        guard let location = execution.outputLocation.flatMap({ ObjectLocation($0) }),
            location.key.contains(execution.id)
        else { return }
        let keys = [location.key, location.key + ".metadata"]
        for outcome in results.deleteObjects(bucket: location.bucket, keys: keys, before: deadline) {
            switch outcome {
            case .success: context.metrics.add("ResultFilesDeleted")
            case .failure(let error):
                context.metrics.add("ResultFilesNotDeleted")
                context.log(.warn, "a result could not be deleted", JSONValue.Member("reason", .string("\(error)")))
            }
        }
    }
}
