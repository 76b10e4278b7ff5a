import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Time

/// Starts, watches and stops executions, as ``QueryAPI`` needs it.
protocol QueryServing: ResultReading {
    func start(_ request: QueryRequest, before deadline: Deadline) throws(AWSError) -> String
    func execution(_ id: String, before deadline: Deadline) throws(AWSError) -> QueryExecution
    func stop(_ id: String, before deadline: Deadline) throws(AWSError)
}

extension Athena: QueryServing {}

/// The REST service over Athena: submit a query, get its status, read its rows page by page, cancel it.
///
/// The service keeps no state: Athena knows the queries, and a result's location names its tenant and its retention.
struct QueryAPI: LambdaHandler {
    let athena: any QueryServing
    let settings: QueryAPISettings

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        guard let request = APIRequest(event) else {
            throw HandlerError.unknownEvent("it is no request over HTTP")
        }
        let invocation = QueryAPIInvocation(request: request, context: context, athena: athena, settings: settings)
        return invocation.answer().json
    }
}
