import AWS
import JSON
import LambdaRuntime

/// The work of one invocation of `run_query`: the statements, and the settings with the event's changes.
struct RunQueryOrder {
    let settings: RunQuerySettings
    /// The statements, run one after another; empty when the event names an execution instead.
    let statements: [String]
    /// An execution that runs already.
    let executionID: String?
    let onFailure: RunQuerySettings.FailureAnswer
    private let parameters: [String]
    /// The idempotency token of the event, from which each statement's token is made.
    private let seed: String

    /// Reads an event.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - settings: the configuration, which a request over HTTP and an event of AWS's own do not change.
    ///   - requestID: Lambda's id of the invocation, the token of an event that has none.
    init(_ event: JSONValue, settings: RunQuerySettings, requestID: String) throws(HandlerError) {
        let event = try RunQueryEvent(event)
        let time = try event.time()
        let settings = try event.changing(settings)
        self.settings = settings
        executionID = try event.text("queryExecutionId")
        parameters = try event.parameters()
        onFailure = settings.onFailure ?? (event.isRequest ? .status : .error)
        seed = try event.token() ?? requestID
        if executionID == nil {
            guard let script = settings.script else {
                let (variable, key) = (RunQuerySettings.sqlVariable, QueriesSettings.sqlKey)
                throw .misconfigured(
                    "\(variable) is not set, nor is \(key) in the settings, and the event has no query"
                )
            }
            statements = try RunQuerySettings.statements(script, at: time, name: "query")
        } else {
            statements = []
        }
        guard settings.waits || statements.count <= 1 else {
            throw .misconfigured("several statements need wait, since each begins when the one before has ended")
        }
        guard !settings.deletesResult || (settings.waits && settings.answer == .rows) else {
            throw .misconfigured("deleteResult needs wait and the answer 'rows', since the result is nowhere else")
        }
    }

    /// The request to start a statement, with the same token for each delivery of the event.
    func request(_ statement: Int, attempt: Int) -> QueryRequest {
        QueryRequest(
            sql: statements[statement],
            token: QueryRequest.token(for: "run_query", seed, "\(statement)", "\(attempt)"),
            database: settings.database,
            catalog: settings.catalog,
            outputLocation: settings.outputLocation,
            workgroup: settings.workgroup,
            parameters: statement == statements.count - 1 ? parameters : []
        )
    }
}
