import LambdaRuntime
import Querying
import System
import Time

/// The configuration of `run_query`: read from the environment at the start, and changed in a copy by each event.
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
    /// - Throws: ``HandlerError`` that names the variable and shows its value.
    init(_ environment: Environment) throws(HandlerError) {
        let variables = Variables(environment)
        script = environment["QUERY_STRING"]
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
        if let script { _ = try Self.statements(script, at: QueryTime(.now), name: "QUERY_STRING") }
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

/// Reads environment variables that are not set, or hold a value of a type.
private struct Variables {
    private let environment: Environment

    init(_ environment: Environment) {
        self.environment = environment
    }

    func flag(_ name: String) throws(HandlerError) -> Bool? {
        switch environment[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?: throw Self.expected("true or false", name, text)
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(HandlerError) -> Choice? where Choice.RawValue == String {
        guard let text = environment[name] else { return nil }
        guard let choice = Choice(rawValue: text) else { throw Self.expected(Choice.expectation, name, text) }
        return choice
    }

    func location(_ name: String) throws(HandlerError) -> String? {
        guard let text = environment[name] else { return nil }
        guard ObjectLocation(text) != nil else { throw Self.expected("s3://bucket/path/", name, text) }
        return text
    }

    private static func expected(_ expectation: String, _ name: String, _ text: String) -> HandlerError {
        .misconfigured("\(name): expected \(expectation), found '\(text.excerpt)'")
    }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// The values there are, as an error lists them.
    static var expectation: String { "one of " + allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ") }
}
