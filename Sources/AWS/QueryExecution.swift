package import JSON
package import Time

/// One run of a query, as far as it matters here.
///
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html
package struct QueryExecution: Sendable {
    /// The execution's id.
    package let id: String
    /// The SQL.
    package let sql: String?
    /// `DDL`, `DML` or `UTILITY`.
    package let statementType: String?
    /// The result's file (`s3://bucket/prefix/id.csv`).
    package let outputLocation: String?
    /// The workgroup that it ran in.
    package let workgroup: String?
    /// The database in which unqualified names were looked up.
    package let database: String?
    /// The catalog in which unqualified names were looked up.
    package let catalog: String?
    /// The engine, such as `Athena engine version 3`.
    package let engineVersion: String?
    /// The state.
    package let state: State
    /// The reason of a failure or a cancellation.
    package let stateChangeReason: String?
    /// The kind of the failure.
    package let failure: Failure?
    /// The time of submission.
    package let submitted: Timestamp?
    /// The time of the end.
    package let completed: Timestamp?
    /// Bytes read from storage.
    package let bytesScanned: Int64
    /// Time from submission to the end, or, where Athena does not tell that, in the engine.
    package let milliseconds: Int64?
    /// Time for which it waited before it ran.
    package let queuedMilliseconds: Int64?
    /// Whether an earlier result was used.
    package let isResultReused: Bool
    /// Capacity units, when the workgroup pays for those instead of bytes.
    package let capacityUnits: Double?

    /// The kind of the failure.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    package struct Failure: Sendable {
        /// 1 for a failure of Athena's own, 2 for one of the query, 3 for any other.
        package let category: Int64?
        /// Athena's number for the kind of failure.
        package let type: Int64?
        /// Whether it may succeed when it is run again.
        package let isRetryable: Bool
        /// Athena's message.
        package let message: String?
    }

    /// Whether it has succeeded, failed or been cancelled, so that its state is the last.
    package var hasEnded: Bool { state.isFinal }
}

extension QueryExecution: JSONReadable {
    /// Reads what Athena says.
    package init(json: JSONValue) throws(JSONError) {
        id = try json.required("QueryExecutionId")
        sql = try json.optional("Query")
        statementType = try json.optional("StatementType")
        outputLocation = try json.optional("ResultConfiguration", "OutputLocation")
        workgroup = try json.optional("WorkGroup")
        database = try json.optional("QueryExecutionContext", "Database")
        catalog = try json.optional("QueryExecutionContext", "Catalog")
        engineVersion = try json.optional("EngineVersion", "EffectiveEngineVersion")
        state = State(try json.required("Status", "State"))
        stateChangeReason = try json.optional("Status", "StateChangeReason")
        failure = try json.optional("Status", "AthenaError")
        submitted = Timestamp(athena: try json.optional("Status", "SubmissionDateTime"))
        completed = Timestamp(athena: try json.optional("Status", "CompletionDateTime"))
        bytesScanned = max(0, try json.optional("Statistics", "DataScannedInBytes") ?? 0)
        let total: Int64? = try json.optional("Statistics", "TotalExecutionTimeInMillis")
        let inEngine: Int64? = try json.optional("Statistics", "EngineExecutionTimeInMillis")
        milliseconds = total ?? inEngine
        queuedMilliseconds = try json.optional("Statistics", "QueryQueueTimeInMillis")
        isResultReused = try json.optional("Statistics", "ResultReuseInformation", "ReusedPreviousResult") ?? false
        capacityUnits = try json.optional("Statistics", "DpuCount")
    }
}

extension QueryExecution.Failure: JSONReadable {
    /// Reads what Athena says.
    package init(json: JSONValue) throws(JSONError) {
        category = try json.optional("ErrorCategory")
        type = try json.optional("ErrorType")
        isRetryable = try json.optional("Retryable") ?? false
        message = try json.optional("ErrorMessage")
    }
}

extension Timestamp {
    /// Takes a time as Athena's JSON has it, in seconds since 1970.
    fileprivate init?(athena seconds: Double?) {
        guard let seconds, seconds >= 0 else { return nil }
        self.init(fractionalSecondsSince1970: seconds)
    }
}
