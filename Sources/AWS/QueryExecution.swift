public import JSON

/// One run of a query, in the names of Athena's API.
///
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html
public struct QueryExecution: Sendable {
    /// The execution's id.
    public let QueryExecutionId: String
    /// The SQL.
    public let Query: String?
    /// `DDL`, `DML` or `UTILITY`.
    public let StatementType: String?
    /// Where the result is.
    public let ResultConfiguration: ResultFile?
    /// The workgroup that it ran in.
    public let WorkGroup: String?
    /// Where unqualified names were looked up.
    public let QueryExecutionContext: Context?
    /// Where it stands.
    public let Status: Status
    /// What it took.
    public let Statistics: Statistics?

    /// Where the result is.
    public struct ResultFile: Sendable {
        /// The result's file (`s3://bucket/prefix/id.csv`).
        public let OutputLocation: String?
    }

    /// Database and catalog.
    public struct Context: Sendable {
        /// The database.
        public let Database: String?
    }

    /// State and times.
    public struct Status: Sendable {
        /// `QUEUED`, `RUNNING`, `SUCCEEDED`, `FAILED` or `CANCELLED`.
        public let State: String
        /// Why it failed or was cancelled.
        public let StateChangeReason: String?
        /// What kind of failure it was.
        public let AthenaError: Failure?
        /// When it was submitted, in seconds since 1970.
        public let SubmissionDateTime: Double?
        /// When it ended, in seconds since 1970.
        public let CompletionDateTime: Double?
    }

    /// What kind of failure it was.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    public struct Failure: Sendable {
        /// 1 for a failure of Athena's own, 2 for one of the query, 3 for any other.
        public let ErrorCategory: Int64?
        /// Athena's number for the kind of failure.
        public let ErrorType: Int64?
        /// Whether it may succeed when it is run again.
        public let Retryable: Bool?
        /// What went wrong.
        public let ErrorMessage: String?
    }

    /// Whether it has succeeded, failed or been cancelled, so that its state is the last.
    public var hasEnded: Bool { !["QUEUED", "RUNNING"].contains(self.Status.State) }

    /// Bytes and times.
    public struct Statistics: Sendable {
        /// Bytes read from storage.
        public let DataScannedInBytes: Int64?
        /// Time from submission to the end, in milliseconds.
        public let TotalExecutionTimeInMillis: Int64?
        /// Time in the engine, in milliseconds.
        public let EngineExecutionTimeInMillis: Int64?
        /// Whether an earlier result was used.
        public let ResultReuseInformation: Reuse?
        /// Capacity units, when the workgroup pays for those instead of bytes.
        public let DpuCount: Double?
    }

    /// Whether an earlier result was used.
    public struct Reuse: Sendable {
        /// Whether an earlier result was used.
        public let ReusedPreviousResult: Bool?
    }
}

extension QueryExecution: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        QueryExecutionId = try json.required("QueryExecutionId")
        Query = try json.optional("Query")
        StatementType = try json.optional("StatementType")
        ResultConfiguration = try json.optional("ResultConfiguration")
        WorkGroup = try json.optional("WorkGroup")
        QueryExecutionContext = try json.optional("QueryExecutionContext")
        self.Status = try json.required("Status")
        self.Statistics = try json.optional("Statistics")
    }
}

extension QueryExecution.ResultFile: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        OutputLocation = try json.optional("OutputLocation")
    }
}

extension QueryExecution.Context: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        Database = try json.optional("Database")
    }
}

extension QueryExecution.Status: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        State = try json.required("State")
        StateChangeReason = try json.optional("StateChangeReason")
        AthenaError = try json.optional("AthenaError")
        SubmissionDateTime = try json.optional("SubmissionDateTime")
        CompletionDateTime = try json.optional("CompletionDateTime")
    }
}

extension QueryExecution.Failure: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        ErrorCategory = try json.optional("ErrorCategory")
        ErrorType = try json.optional("ErrorType")
        Retryable = try json.optional("Retryable")
        ErrorMessage = try json.optional("ErrorMessage")
    }
}

extension QueryExecution.Statistics: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        DataScannedInBytes = try json.optional("DataScannedInBytes")
        TotalExecutionTimeInMillis = try json.optional("TotalExecutionTimeInMillis")
        EngineExecutionTimeInMillis = try json.optional("EngineExecutionTimeInMillis")
        ResultReuseInformation = try json.optional("ResultReuseInformation")
        DpuCount = try json.optional("DpuCount")
    }
}

extension QueryExecution.Reuse: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        ReusedPreviousResult = try json.optional("ReusedPreviousResult")
    }
}
