import AWS
import HTTP
import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import System
import Time

/// Runs the configured SQL on a schedule or on demand: starts it, waits for its end, and answers with its rows.
///
/// A repetition of an event finds the execution that the first one started: it waits on, and runs nothing twice.
struct RunQuery: LambdaHandler {
    /// What it takes to answer after the waiting is over.
    private static let reserve = Duration.seconds(2)
    /// How often a query is run that failed for a reason of Athena's own which may pass.
    private static let maximumAttempts = 2

    let athena: Athena
    let s3: S3
    let environment: Environment

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let request = APIRequest(event)
        let order = try RunQueryOrder(event, request: request, environment: environment, context: context)
        do throws(QueryFailure) {
            return try run(order, context)
        } catch {
            context.metrics.add("QueriesFailed")
            context.log(.error, "the query gave no result", JSONValue.Member("reason", .string("\(error)")))
            switch order.onFailure {
            case .error: throw error
            case .status: return error.response.json
            case .compatible:
                let body: JSONValue = .object([.init("location", false), .init(order.rowsName, .null)])
                return APIResponse(status: 200, body: body).json
            }
        }
    }

    private func run(_ order: RunQueryOrder, _ context: InvocationContext) throws(QueryFailure) -> JSONValue {
        let deadline = context.deadline(reserving: Self.reserve)
        var executions: [QueryExecution] = []
        if let id = order.executionID {
            context.metrics.add("Queries")
            let execution = try execution(id, waits: order.waits, deadline)
            if let failure = QueryFailure(execution) { throw failure }
            executions.append(execution)
        }
        for statement in order.statements.indices {
            // The one before, whose rows nobody asks for.
            if !executions.isEmpty { context.metrics.add("QueriesSucceeded") }
            executions.append(try ended(statement, of: order, context, deadline))
        }
        guard let last = executions.last else { throw .nothingRan }
        guard last.hasEnded else {
            context.metrics.add("QueriesLeftRunning")
            return try stillRunning(last, order)
        }
        let answer = try answer(executions, order, context, deadline)
        context.metrics.add("QueriesSucceeded")
        return answer
    }

    /// The answer when all executions have succeeded.
    private func answer(
        _ executions: [QueryExecution],
        _ order: RunQueryOrder,
        _ context: InvocationContext,
        _ deadline: Deadline
    ) throws(QueryFailure) -> JSONValue {
        guard let last = executions.last else { throw .nothingRan }
        let scanned = executions.reduce(0 as Int64) { sum, execution in
            let (sum, isTooLarge) = sum.addingReportingOverflow(execution.bytesScanned)
            return isTooLarge ? .max : sum
        }
        context.metrics.add("BytesScanned", Int(clamping: scanned))
        guard order.answer == .rows else { return said("Successfully ran query and saved to", last) }
        let rows = try QueryRows.all(of: last, in: athena, before: deadline)
        let answer = response(rows, executions, order)
        guard answer.serialized().utf8.count < QueryRows.longestAnswer else { throw .tooLong(last.id) }
        context.metrics.add("RowsReturned", rows.rows.count)
        // Only now: as long as the answer may still fail, the result must be there for the next attempt.
        if order.deletesResult { deleteResult(of: last, context, deadline) }
        return answer
    }

    /// Runs one statement, once more when Athena itself failed.
    private func ended(
        _ statement: Int,
        of order: RunQueryOrder,
        _ context: InvocationContext,
        _ deadline: Deadline
    ) throws(QueryFailure) -> QueryExecution {
        var attempt = 1
        while true {
            context.metrics.add("Queries")
            let id: String
            do throws(AWSError) {
                id = try athena.start(order.request(statement, attempt: attempt), before: deadline)
            } catch {
                throw QueryFailure(error)
            }
            context.metrics.add("QueriesStarted")
            context.log(.info, "the query runs", JSONValue.Member("query_execution_id", .string(id)))
            let execution = try execution(id, waits: order.waits, deadline)
            guard let failure = QueryFailure(execution) else { return execution }
            // Only a query that has failed runs again: of one that Athena does not tell of, nobody knows.
            guard failure.isRetryable, failure.status == 502 || failure.status == 503, attempt < Self.maximumAttempts,
                !deadline.hasPassed
            else { throw failure }
            context.metrics.add("QueriesRunAgain")
            attempt += 1
        }
    }

    /// How an execution stands, at its end if there is time to wait for it. It may have failed.
    private func execution(
        _ id: String,
        waits: Bool,
        _ deadline: Deadline
    ) throws(QueryFailure) -> QueryExecution {
        let execution: QueryExecution
        do throws(AWSError) {
            execution = try waits ? athena.wait(for: id, before: deadline) : athena.execution(id, before: deadline)
        } catch {
            throw QueryFailure(error, of: id)
        }
        guard execution.hasEnded || !waits else { throw .outOfTime(execution) }
        return execution
    }

    private func stillRunning(_ execution: QueryExecution, _ order: RunQueryOrder) throws(QueryFailure) -> JSONValue {
        guard order.answer == .rows else { return said("Started query; its result goes to", execution) }
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
    private func said(_ words: String, _ execution: QueryExecution) -> JSONValue {
        let location = execution.outputLocation ?? "Athena's own storage"
        // Where it went, which a workgroup may decide, and not where it was asked to go.
        let folder = location.lastIndex(of: "/").map { location[...$0] } ?? location[...]
        return [
            "statusCode": execution.hasEnded ? 200 : 202,
            "headers": ["Content-Type": "application/json"],
            "body": .string(JSONValue.string("\(words) \(folder)!").serialized()),
            "queryExecutionId": .string(execution.id),
        ]
    }

    private func response(_ rows: QueryRows, _ executions: [QueryExecution], _ order: RunQueryOrder) -> JSONValue {
        let last = executions.last
        // What will be gone is not offered.
        let location = order.deletesResult ? nil : last?.outputLocation
        let body: JSONValue = .object(of: [
            "location": .stringOrNull(location),
            "queryExecutionId": .stringOrNull(last?.id),
            "queryExecutionIds": executions.count > 1 ? .array(executions.map { .string($0.id) }) : nil,
            "bytesScanned": .integer(last?.bytesScanned ?? 0),
            "columns": rows.header,
            order.rowsName: rows.objects(isTyped: order.isTyped),
        ])
        return APIResponse(status: 200, body: body).json
    }

    /// Deletes the two files that the query wrote, and nothing else. What stays is no failure of the query.
    private func deleteResult(
        of execution: QueryExecution,
        _ context: InvocationContext,
        _ deadline: Deadline
    ) {
        guard let location = execution.outputLocation.flatMap({ ObjectLocation($0) }),
            location.key.contains(execution.id)
        else { return }
        let keys = [location.key, location.key + ".metadata"]
        for outcome in s3.deleteObjects(bucket: location.bucket, keys: keys, before: deadline) {
            switch outcome {
            case .success: context.metrics.add("ResultFilesDeleted")
            case .failure(let error):
                context.metrics.add("ResultFilesNotDeleted")
                context.log(.warn, "a result could not be deleted", JSONValue.Member("reason", .string("\(error)")))
            }
        }
    }
}

extension QueryFailure {
    fileprivate static let nothingRan = QueryFailure(status: 400, code: "InvalidRequest", message: "nothing was to run")

    fileprivate static func outOfTime(_ execution: QueryExecution) -> QueryFailure {
        QueryFailure(
            status: 504,
            code: "StillRunning",
            message: "the query is \(execution.state) and goes on; the same event again waits on for it",
            executionID: execution.id,
            isRetryable: true
        )
    }
}

extension JSONValue {
    static func stringOrNull(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
