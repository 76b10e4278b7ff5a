import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import System
import Time

/// What one invocation of `run_query` is to run: the configuration, with what the event says instead.
struct RunQueryOrder {
    /// What the answer holds.
    enum Answer: String, CaseIterable {
        /// The result's rows.
        case rows
        /// One sentence that says where the result is.
        case message
    }

    /// What becomes of a query that failed.
    enum FailureAnswer: String, CaseIterable {
        /// The invocation fails, so that Lambda repeats it and alarms ring.
        case error
        /// An answer with the status that fits.
        case status
        /// An answer of success whose location is `false`, which some callers know from of old.
        case compatible = "false"
    }

    /// The members that an event may hold.
    private static let members: Set<String> = [
        "query", "database", "catalog", "workgroup", "outputLocation", "bucket", "path", "parameters", "wait", "answer",
        "rowsName", "typed", "deleteResult", "onFailure", "queryExecutionId", "token", "time",
    ]

    /// The statements, run one after another; empty when an execution is named instead.
    private(set) var statements: [String] = []
    /// An execution that runs already.
    private(set) var executionID: String?
    private(set) var waits = true
    private(set) var answer = Answer.rows
    private(set) var rowsName = "rows"
    private(set) var isTyped = true
    private(set) var deletesResult = false
    private(set) var onFailure: FailureAnswer
    private let parameters: [String]
    private let database: String?
    private let catalog: String?
    private let workgroup: String?
    private let outputLocation: String?
    /// What makes a repetition of the event known as one.
    private let seed: String

    /// Reads an event.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - request: the request that it is, when it is one. What comes over HTTP changes nothing of the configuration.
    ///   - environment: the configuration.
    ///   - context: the invocation.
    init(
        _ event: JSONValue,
        request: APIRequest?,
        environment: Environment,
        context: InvocationContext
    ) throws(HandlerError) {
        // An event of AWS's own says when and why, and nothing of the query.
        let isEnvelope = event["detail-type"] != nil
        let sender = request == nil ? event["source"]?.string : nil
        guard sender != "aws.athena" else {
            throw .unknownEvent(
                "its source is aws.athena: a query that ran upon it would bring about the next such event, without end; "
                    + "a rule for what comes after a query must have another target"
            )
        }
        let isOfAWS = sender?.hasPrefix("aws.") ?? false
        let changes = request != nil || (isEnvelope && isOfAWS) ? [:] : isEnvelope ? event["detail"] ?? [:] : event
        let source = try Source(changes, environment: environment)
        let time = try source.time(event["time"]?.string)

        executionID = try source.text("queryExecutionId")
        database = try source.text("database", "DATABASE")
        catalog = try source.text("catalog", "ATHENA_CATALOG")
        workgroup = try source.text("workgroup", "ATHENA_WORKGROUP")
        outputLocation = try source.outputLocation()
        parameters = try source.parameters()
        onFailure = try source.choice("onFailure", "ON_FAILURE") ?? (request == nil ? .error : .status)
        answer = try source.choice("answer", "ANSWER") ?? .rows
        rowsName = try source.text("rowsName", "ROWS_NAME") ?? "rows"
        waits = try source.flag("wait", "WAIT") ?? true
        isTyped = try source.flag("typed", "TYPED") ?? true
        deletesResult = try source.flag("deleteResult", "DELETE_RESULT") ?? false
        seed = try source.text("token") ?? (isEnvelope ? event["id"]?.string : request?.id) ?? context.requestID

        if executionID == nil {
            guard let script = try source.text("query", "QUERY_STRING") else {
                throw .misconfigured("QUERY_STRING is not set, and the event has no query")
            }
            statements = try Self.statements(script, time)
        }
        guard waits || statements.count <= 1 else {
            throw .misconfigured("several statements need wait, since each begins when the one before has ended")
        }
        guard !deletesResult || (waits && answer == .rows) else {
            throw .misconfigured("deleteResult needs wait and the answer 'rows', or nobody would ever see the result")
        }
    }

    private static func statements(_ script: String, _ time: QueryTime) throws(HandlerError) -> [String] {
        let statements: [String]
        do throws(QueryTime.Mistake) {
            statements = SQLStatements.split(try time.filling(script))
        } catch {
            throw .misconfigured("query: \(error.reason.excerpt)")
        }
        guard !statements.isEmpty else { throw .misconfigured("query: there is no statement in it") }
        return statements
    }

    /// What Athena is asked for: the same for each repetition of the event.
    func request(_ statement: Int, attempt: Int) -> QueryRequest {
        QueryRequest(
            sql: statements[statement],
            token: QueryRequest.token(for: "run_query", seed, "\(statement)", "\(attempt)"),
            database: database,
            catalog: catalog,
            outputLocation: outputLocation,
            workgroup: workgroup,
            parameters: statement == statements.count - 1 ? parameters : []
        )
    }

    /// Where a value comes from: the event, else the environment.
    private struct Source {
        let changes: JSONValue
        let environment: Environment

        init(_ changes: JSONValue, environment: Environment) throws(HandlerError) {
            guard case .object(let members) = changes else {
                throw .unknownEvent("expected an object, found \(changes.kind)")
            }
            if let stranger = members.first(where: { !RunQueryOrder.members.contains($0.name) }) {
                let known = RunQueryOrder.members.sorted().joined(separator: ", ")
                throw .unknownEvent("it has '\(stranger.name.excerpt)'; it may have \(known)")
            }
            self.changes = changes
            self.environment = environment
        }

        private func member(_ name: String) -> JSONValue? { changes[name] == .null ? nil : changes[name] }

        private func variable(_ name: String) -> String? { environment[name] }

        func text(_ name: String, _ variable: String = "") throws(HandlerError) -> String? {
            guard let value = member(name) else { return self.variable(variable) }
            guard let text = value.string, !text.isEmpty else {
                throw .unknownEvent("\(name): expected a text that is not empty, found \(value.kind)")
            }
            return text
        }

        func flag(_ name: String, _ variable: String) throws(HandlerError) -> Bool? {
            if let value = member(name) {
                guard case .bool(let flag) = value else {
                    throw .unknownEvent("\(name): expected true or false, found \(value.kind)")
                }
                return flag
            }
            guard let text = self.variable(variable) else { return nil }
            guard ["true", "false"].contains(text) else { throw .misconfigured("\(variable): expected true or false") }
            return text == "true"
        }

        func choice<Choice: RawRepresentable & CaseIterable>(
            _ name: String,
            _ variable: String
        ) throws(HandlerError) -> Choice? where Choice.RawValue == String {
            guard let text = try text(name, variable) else { return nil }
            guard let choice = Choice(rawValue: text) else {
                let known = Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
                throw .unknownEvent("\(name): expected one of \(known), found '\(text.excerpt)'")
            }
            return choice
        }

        func outputLocation() throws(HandlerError) -> String? {
            if let bucket = try text("bucket") {
                return "s3://\(bucket)/\(try text("path") ?? "")"
            }
            guard let text = try text("outputLocation", "OUTPUT_S3_BUCKET") else { return nil }
            guard ObjectLocation(text) != nil else {
                throw .misconfigured("outputLocation: expected s3://bucket/path/, found '\(text.excerpt)'")
            }
            return text
        }

        func time(_ envelope: String?) throws(HandlerError) -> QueryTime {
            guard let text = try text("time") ?? envelope else {
                return QueryTime(.now)
            }
            guard let time = Timestamp(iso8601: text) else {
                throw .unknownEvent("time: expected a time such as 2024-03-05T14:30:00Z, found '\(text.excerpt)'")
            }
            return QueryTime(time)
        }

        /// The values of the parameters as SQL literals.
        func parameters() throws(HandlerError) -> [String] {
            guard let value = member("parameters") else { return [] }
            guard let elements = value.array else {
                throw .unknownEvent("parameters: expected an array, found \(value.kind)")
            }
            var literals: [String] = []
            for element in elements {
                switch element {
                case .string(let text): literals.append(SQLStatements.literal(text))
                case .number(let number) where !number.isFinite:
                    throw .unknownEvent("parameters: expected numbers that can be told, found one beyond all bounds")
                case .integer, .number, .bool, .null: literals.append(element.serialized().uppercased())
                case .array, .object:
                    throw .unknownEvent(
                        "parameters: expected texts, numbers, true, false or null, found \(element.kind)"
                    )
                }
            }
            return literals
        }
    }
}

extension String {
    /// As much of the text as an error should show.
    fileprivate var excerpt: String { count > 100 ? "\(prefix(100))…" : self }
}
