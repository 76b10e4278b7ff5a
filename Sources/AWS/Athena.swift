public import JSON

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
        let calls = batches.map {
            AWSCall.json(.athena, operation, ["QueryExecutionIds": .strings($0.ids)], region: $0.region)
        }
        let answers = client.sendAll(calls, inFlight: Self.batchesInFlight, within: Self.quota, before: deadline)
        return answers.map { result in
            result.flatMap { response in
                Result { () throws(AWSError) in
                    try response.read(of: "athena:\(operation)") { answer throws(JSONError) in
                        Answer(
                            executions: Self.wellFormed(try answer.optional("QueryExecutions")),
                            unprocessed: Self.wellFormed(try answer.optional("UnprocessedQueryExecutionIds"))
                        )
                    }
                }
            }
        }
    }

    /// The elements that can be read; one that is malformed does no harm to its neighbors.
    private static func wellFormed<Element: JSONReadable>(_ elements: [JSONValue]?) -> [Element] {
        (elements ?? []).compactMap { try? Element(json: $0) }
    }
}

/// An execution that Athena did not look up, and why.
public struct UnprocessedID: Sendable {
    /// The execution's id.
    public let id: String?
    /// Athena's code.
    public let code: String?
    /// Athena's message.
    public let message: String?
}

extension UnprocessedID: JSONReadable {
    /// Reads what Athena says.
    public init(json: JSONValue) throws(JSONError) {
        id = try json.optional("QueryExecutionId")
        code = try json.optional("ErrorCode")
        message = try json.optional("ErrorMessage")
    }
}
