package import JSON
import System
package import Time

/// A query to start, and where.
package struct QueryRequest: Sendable, Equatable {
    /// The SQL, one statement.
    package var sql: String
    /// Requests with the same token start one execution, however often they come: 32 to 128 characters.
    package var token: String
    /// The database in which unqualified names are looked up.
    package var database: String?
    /// The catalog of that database, when it is not Athena's own.
    package var catalog: String?
    /// The folder of the result (`s3://bucket/prefix/`), when the workgroup does not set one.
    package var outputLocation: String?
    /// The workgroup, when it is not `primary`.
    package var workgroup: String?
    /// The values of the statement's `?`, in order.
    package var parameters: [String]

    /// Creates a request.
    package init(
        sql: String,
        token: String,
        database: String? = nil,
        catalog: String? = nil,
        outputLocation: String? = nil,
        workgroup: String? = nil,
        parameters: [String] = []
    ) {
        self.sql = sql
        self.token = token
        self.database = database
        self.catalog = catalog
        self.outputLocation = outputLocation
        self.workgroup = workgroup
        self.parameters = parameters
    }

    /// A token that stands for some texts, such as the id of the event that asks for the query.
    package static func token(for texts: String...) -> String { token(for: texts) }

    /// A token that stands for some texts.
    package static func token(for texts: [String]) -> String {
        // Lengths keep the texts apart.
        Digest.sha256(texts.flatMap { "\($0.utf8.count):\($0)".utf8 }).hexadecimal
    }
}

/// Some rows of a result.
package struct ResultPage: Sendable, Equatable {
    /// The columns, in order.
    package let columns: [Column]
    /// The rows as Athena sends them, with nil for NULL: those of a SELECT begin, on the first page, with a header.
    package let rows: [[String?]]
    /// The token that asks for the next page, nil after the last.
    package let nextToken: String?

    /// A column's name and Athena's type of its values.
    package struct Column: Sendable, Equatable {
        /// The name, which another column may share.
        package let name: String
        /// The type, such as `bigint`.
        package let type: String

        /// Creates a column.
        package init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// Creates a page.
    package init(columns: [Column], rows: [[String?]], nextToken: String?) {
        self.columns = columns
        self.rows = rows
        self.nextToken = nextToken
    }
}

extension ResultPage: JSONReadable {
    /// Reads what Athena says: a value that cannot be read must not become NULL, nor a result without rows.
    package init(json: JSONValue) throws(JSONError) {
        columns = try json.required("ResultSet", "ResultSetMetadata", "ColumnInfo")
        let rows: [Row] = try json.required("ResultSet", "Rows")
        self.rows = rows.map { $0.values.map(\.text) }
        nextToken = try json.optional("NextToken")
    }

    private struct Row: JSONReadable {
        let values: [Value]

        init(json: JSONValue) throws(JSONError) { values = try json.optional("Data") ?? [] }
    }

    private struct Value: JSONReadable {
        let text: String?

        init(json: JSONValue) throws(JSONError) { text = try json.optional("VarCharValue") }
    }
}

extension ResultPage.Column: JSONReadable {
    /// Reads what Athena says.
    package init(json: JSONValue) throws(JSONError) {
        if let label: String = try json.optional("Label") {
            name = label
        } else {
            name = try json.required("Name")
        }
        type = try json.optional("Type") ?? "varchar"
    }
}

/// Queries that are started here, one at a time.
extension Athena {
    /// The greatest number of rows that one request may ask for.
    package static let maximumRowCount = 1000

    /// The time that a look needs.
    private static let shortestLook = Duration.seconds(1)
    /// The first pause between two looks at a query, and the longest.
    private static let pauses = (first: Duration.milliseconds(200), longest: Duration.seconds(5))

    /// Starts a query and returns the execution's id; a request that was made before returns the id that it had then.
    package func start(
        _ request: QueryRequest,
        before deadline: Deadline
    ) throws(AWSError) -> String {
        let context: JSONValue = .object(of: [
            "Database": request.database.map { .string($0) }, "Catalog": request.catalog.map { .string($0) },
        ])
        let input: JSONValue = .object(of: [
            "QueryString": .string(request.sql),
            "ClientRequestToken": .string(request.token),
            "QueryExecutionContext": context == .object([]) ? nil : context,
            "ResultConfiguration": request.outputLocation.map { ["OutputLocation": .string($0)] },
            "WorkGroup": request.workgroup.map { .string($0) },
            "ExecutionParameters": request.parameters.isEmpty ? nil : .strings(request.parameters),
        ])
        let call = AWSCall.json(.athena, "StartQueryExecution", input, region: region)
        let id: String = try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.required("QueryExecutionId")
        }
        guard !id.isEmpty else { throw .unreadable(call: call.name, reason: "QueryExecutionId: it is empty") }
        return id
    }

    /// Reads an execution.
    package func execution(
        _ id: String,
        before deadline: Deadline
    ) throws(AWSError) -> QueryExecution {
        let call = AWSCall.json(.athena, "GetQueryExecution", ["QueryExecutionId": .string(id)], region: region)
        let execution: QueryExecution = try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.required("QueryExecution")
        }
        guard execution.id == id else {
            throw .unreadable(call: call.name, reason: "it tells of another execution than \(id)")
        }
        return execution
    }

    /// Waits until an execution has ended, with pauses that grow; answers with how it stands at the deadline when that
    /// is earlier.
    package func wait(
        for id: String,
        before deadline: Deadline
    ) throws(AWSError) -> QueryExecution {
        var pause = Self.pauses.first
        while true {
            let execution = try execution(id, before: deadline)
            guard !execution.hasEnded, deadline.allows(pause + Self.shortestLook) else { return execution }
            Pause.sleep(pause)
            pause = min(pause * 3 / 2, Self.pauses.longest)
        }
    }

    /// Reads some rows of a result.
    ///
    /// - Parameters:
    ///   - id: the execution, which must have succeeded.
    ///   - token: where to go on, nil for the beginning.
    ///   - count: how many rows at the most, up to ``Athena/maximumRowCount``.
    ///   - deadline: when to give up.
    package func results(
        of id: String,
        from token: String?,
        count: Int,
        before deadline: Deadline
    ) throws(AWSError) -> ResultPage {
        let input: JSONValue = .object(of: [
            "QueryExecutionId": .string(id), "MaxResults": .integer(Int64(count)),
            "NextToken": token.map { .string($0) },
        ])
        let call = AWSCall.json(.athena, "GetQueryResults", input, region: region)
        let page = try client.send(call, before: deadline, reading: ResultPage.init)
        guard page.nextToken == nil || page.nextToken != token else {
            throw .unreadable(call: call.name, reason: "the result does not go on")
        }
        return page
    }

    /// Cancels an execution; one that has ended stays as it is.
    package func stop(_ id: String, before deadline: Deadline) throws(AWSError) {
        try stop(id, in: nil, before: deadline)
    }

    /// Cancels an execution of a region, nil for the client's own; one that has ended stays as it is.
    package func stop(_ id: String, in region: String?, before deadline: Deadline) throws(AWSError) {
        let call = AWSCall.json(.athena, "StopQueryExecution", ["QueryExecutionId": .string(id)], region: region)
        _ = try client.send(call, before: deadline)
    }
}
