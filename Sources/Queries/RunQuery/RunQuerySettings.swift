import LambdaRuntime
import Querying
import System
import Time

/// The configuration of `run_query`: read from the environment and the settings at the start, and changed in a copy by each event.
struct RunQuerySettings: Equatable {
    /// The content of the answer.
    enum Answer: String, CaseIterable {
        /// The result's rows.
        case rows
        /// One sentence that names the result's location.
        case message
    }

    /// The answer to a query that failed.
    enum FailureAnswer: String, CaseIterable {
        /// The invocation fails, so that Lambda retries it and alarms ring.
        case error
        /// An answer with the status that fits.
        case status
        /// An answer of success whose location is `false`, for callers of an older function.
        case compatible = "false"
    }

    static let sqlVariable = "QUERY_STRING"

    /// One or more SQL statements, with placeholders.
    var script: String?
    var database: String?
    var catalog: String?
    var workgroup: String?
    var outputLocation: String?
    var waits = true
    var answer = Answer.rows
    var rowsName = "rows"
    var isTyped = true
    var deletesResult = false
    /// nil for an error, or for a status when the event is a request over HTTP.
    var onFailure: FailureAnswer?

    /// Reads the environment.
    ///
    /// Settings that exclude each other are not refused here, since an event may change one of them.
    ///
    /// - Parameter sql: the SQL in the settings file.
    /// - Throws: ``HandlerError`` that names the variable and shows its value.
    init(_ environment: Environment, sql: String? = nil) throws(HandlerError) {
        let variables = Variables(environment)
        script = try variables.either(Self.sqlVariable, or: sql, QueriesSettings.sqlKey) { $0 }
        database = environment["DATABASE"]
        catalog = environment["ATHENA_CATALOG"]
        workgroup = environment["ATHENA_WORKGROUP"]
        outputLocation = try variables.location("OUTPUT_S3_BUCKET")
        waits = try variables.flag("WAIT") ?? waits
        answer = try variables.choice("ANSWER") ?? answer
        rowsName = environment["ROWS_NAME"] ?? rowsName
        isTyped = try variables.flag("TYPED") ?? isTyped
        deletesResult = try variables.flag("DELETE_RESULT") ?? deletesResult
        onFailure = try variables.choice("ON_FAILURE")
        if let script {
            let name = sql == nil ? Self.sqlVariable : QueriesSettings.sqlKey
            _ = try Self.statements(script, at: QueryTime(.now), name: name)
        }
    }

    /// The statements of a script, with its placeholders filled in.
    ///
    /// - Parameter name: the name of the script in an error.
    static func statements(_ script: String, at time: QueryTime, name: String) throws(HandlerError) -> [String] {
        let statements: [String]
        do throws(QueryTime.Mistake) {
            statements = SQLStatements.split(try time.filling(script))
        } catch {
            throw .misconfigured("\(name): \(error.reason.excerpt)")
        }
        guard !statements.isEmpty else { throw .misconfigured("\(name): there is no statement in it") }
        return statements
    }
}
