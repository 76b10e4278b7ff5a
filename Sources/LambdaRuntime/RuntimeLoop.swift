import Glibc
package import HTTP
import JSON
package import System
import Time

/// Receives events from Lambda and passes each to the handler, until Lambda ends the process.
package struct RuntimeLoop {
    private let client: RuntimeClient
    private let functionName: String
    private let log: Log

    /// Creates a loop.
    ///
    /// - Parameters:
    ///   - environment: the process's environment variables.
    ///   - http: the client for the Runtime API.
    ///   - log: the log, for lines and metrics.
    /// - Throws: ``RuntimeError`` when this is not a Lambda environment.
    package init(environment: Environment, http: HTTPClient, log: Log) throws(RuntimeError) {
        client = try RuntimeClient(environment: environment, http: http)
        functionName = environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "athena-alerter"
        self.log = log
    }

    /// Makes the handler and runs it for every event.
    ///
    /// - Parameter makeHandler: creates the handler and does all work that needs no event.
    /// - Throws: the error of `makeHandler` after it was reported, or ``RuntimeError`` when the Runtime API fails.
    package func run(_ makeHandler: () throws -> any LambdaHandler) throws {
        let handler: any LambdaHandler
        do {
            handler = try makeHandler()
        } catch {
            log(.error, "the function cannot start: \(error)")
            try client.failInitialization(ErrorReport(error))
            throw error
        }
        while true { try handleNext(handler) }
    }

    private func handleNext(_ handler: any LambdaHandler) throws(RuntimeError) {
        let invocation = try client.next()
        setTraceID(invocation.traceID)
        let context = InvocationContext(
            requestID: invocation.requestID,
            functionARN: invocation.functionARN,
            deadline: invocation.deadline(),
            log: log.with("request_id", .string(invocation.requestID))
        )
        let outcome = Result {
            try handler.handle(handler.ignoresEvent ? .null : invocation.parsedEvent(), context)
        }
        emit(context)
        switch outcome {
        case .success(let answer):
            if try client.respond(to: invocation, Array(answer.serialized().utf8)) { return }
            try fail(invocation, RuntimeError.brokenInterface("Lambda refused the answer"), context)
        case .failure(let error):
            try fail(invocation, error, context)
        }
    }

    private func fail(
        _ invocation: Invocation,
        _ error: any Error,
        _ context: InvocationContext
    ) throws(RuntimeError) {
        context.log(.error, "the invocation failed: \(error)")
        try client.fail(invocation, ErrorReport(error))
    }

    private func emit(_ context: InvocationContext) {
        let line = context.metrics.line(functionName: functionName, requestID: context.requestID, at: .now)
        if let line { log.raw(line) }
    }

    /// Sets the trace id where tracing libraries look for it; Lambda does so only for its own runtimes.
    private func setTraceID(_ id: String?) {
        if let id {
            setenv("_X_AMZN_TRACE_ID", id, 1)
        } else {
            unsetenv("_X_AMZN_TRACE_ID")
        }
    }
}
