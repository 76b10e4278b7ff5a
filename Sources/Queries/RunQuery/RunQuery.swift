import AWS
import JSON
import LambdaRuntime
import Time

/// Starts and watches executions, as ``RunQuery`` needs it.
protocol QueryRunning: ResultReading {
    func start(_ request: QueryRequest, before deadline: Deadline) throws(AWSError) -> String
    func execution(_ id: String, before deadline: Deadline) throws(AWSError) -> QueryExecution
    func wait(for id: String, before deadline: Deadline) throws(AWSError) -> QueryExecution
}

extension Athena: QueryRunning {}

/// Deletes results.
protocol ResultStore {
    func deleteObjects(bucket: String, keys: [String], before deadline: Deadline) -> [Result<Void, AWSError>]
}

extension S3: ResultStore {}

/// Runs the configured SQL on a schedule or on demand: starts it, waits for its end, and answers with its rows.
///
/// A retried event finds the execution that its first delivery started: it waits on, and runs nothing twice.
struct RunQuery: LambdaHandler {
    let settings: RunQuerySettings
    let athena: any QueryRunning
    let results: any ResultStore

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let order = try RunQueryOrder(event, settings: settings, requestID: context.requestID)
        var invocation = RunQueryInvocation(order: order, context: context, athena: athena, results: results)
        return try invocation.answer()
    }
}
