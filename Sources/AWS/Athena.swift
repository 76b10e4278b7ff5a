/// Query executions in Athena.
public struct Athena {
    let client: AWSClient

    /// The quota is 20 requests a second, with bursts of 40, for everyone in the account; users' tools need some too.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
    private static let quota = Pace.Quota(rate: 16, burst: 32)
    private static let batchesInFlight = 4

    /// How many executions one request may ask for.
    public static let maximumBatchCount = 50

    /// Creates a door to Athena.
    public init(_ client: AWSClient) {
        self.client = client
    }

    /// Some executions to ask for, all of one region.
    public struct Batch: Sendable {
        /// The region, nil for the client's own.
        public let region: String?
        /// At most ``Athena/maximumBatchCount`` execution ids.
        public let ids: [String]

        /// Creates a batch.
        public init(region: String?, ids: [String]) {
            self.region = region
            self.ids = ids
        }
    }

    /// What Athena says of a batch: executions in any order, and reasons for those it says nothing of.
    public struct Answer: Sendable {
        /// The executions that Athena knows.
        public let executions: [QueryExecution]
        /// The ids that it could not look up.
        public let unprocessed: [UnprocessedID]

        /// Creates an answer.
        public init(executions: [QueryExecution], unprocessed: [UnprocessedID]) {
            self.executions = executions
            self.unprocessed = unprocessed
        }
    }

    /// Asks for many batches; each stands for itself, answers come in their order.
    public func batchGetQueryExecution(
        _ batches: [Batch],
        before deadline: ContinuousClock.Instant
    ) -> [Result<Answer, AWSError>] {
        let operation = "BatchGetQueryExecution"
        let calls: [AWSCall]
        do throws(AWSError) {
            calls = try batches.map { batch throws(AWSError) in
                try .json(.athena, operation, BatchInput(QueryExecutionIds: batch.ids), region: batch.region)
            }
        } catch {
            return batches.map { _ in .failure(error) }
        }
        let answers = client.sendAll(calls, inFlight: Self.batchesInFlight, within: Self.quota, before: deadline)
        return answers.map { result in
            result.flatMap { response in
                Result { () throws(AWSError) in
                    let output = try response.decoded(BatchOutput.self, of: "athena:\(operation)")
                    return Answer(
                        executions: output.QueryExecutions?.compactMap(\.value) ?? [],
                        unprocessed: output.UnprocessedQueryExecutionIds?.compactMap(\.value) ?? []
                    )
                }
            }
        }
    }
}

/// An execution that Athena did not look up, and why.
public struct UnprocessedID: Decodable, Sendable {
    /// The execution's id.
    public let QueryExecutionId: String?
    /// Athena's code.
    public let ErrorCode: String?
    /// Athena's message.
    public let ErrorMessage: String?
}

/// One run of a query, in the names of Athena's API.
///
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html
public struct QueryExecution: Decodable, Sendable {
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
    public struct ResultFile: Decodable, Sendable {
        /// The result's file (`s3://bucket/prefix/id.csv`).
        public let OutputLocation: String?
    }

    /// Database and catalog.
    public struct Context: Decodable, Sendable {
        /// The database.
        public let Database: String?
    }

    /// State and times.
    public struct Status: Decodable, Sendable {
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
    public struct Failure: Decodable, Sendable {
        /// 1 for a failure of Athena's own, 2 for one of the query, 3 for any other.
        public let ErrorCategory: Int?
        /// Athena's number for the kind of failure.
        public let ErrorType: Int?
        /// Whether it may succeed when it is run again.
        public let Retryable: Bool?
        /// What went wrong.
        public let ErrorMessage: String?
    }

    /// Whether it has succeeded, failed or been cancelled, so that its state is the last.
    public var hasEnded: Bool { !["QUEUED", "RUNNING"].contains(self.Status.State) }

    /// Bytes and times.
    public struct Statistics: Decodable, Sendable {
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
    public struct Reuse: Decodable, Sendable {
        /// Whether an earlier result was used.
        public let ReusedPreviousResult: Bool?
    }
}

private struct BatchInput: Encodable {
    let QueryExecutionIds: [String]
}

private struct BatchOutput: Decodable {
    let QueryExecutions: [Lenient<QueryExecution>]?
    let UnprocessedQueryExecutionIds: [Lenient<UnprocessedID>]?
}

/// An element that may be malformed without harm to its neighbors.
private struct Lenient<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) throws {
        value = try? Value(from: decoder)
    }
}
