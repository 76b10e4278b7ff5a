package import JSON
package import Time

/// Query executions in Athena.
package struct Athena {
    let client: AWSClient
    /// The region of the queries that are started here, nil for the client's own.
    let region: String?

    /// The quota is 20 requests a second, with bursts of 40, for everyone in the account; users' tools need some too.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
    private static let quota = Pace.Quota(rate: 16, burst: 32)
    private static let batchesInFlight = 4

    /// The greatest number of executions that one request may ask for.
    package static let maximumBatchCount = 50

    /// Creates a client of Athena.
    ///
    /// - Parameters:
    ///   - client: the client of AWS.
    ///   - region: the region of the queries that are started, nil for the client's own.
    package init(_ client: AWSClient, region: String? = nil) {
        self.client = client
        self.region = region
    }

    /// Executions of one region to ask for in one request.
    package struct Batch: Sendable {
        /// The region, nil for the client's own.
        package let region: String?
        /// At most ``Athena/maximumBatchCount`` execution ids.
        package let ids: [String]

        /// Creates a batch.
        package init(region: String?, ids: [String]) {
            self.region = region
            self.ids = ids
        }
    }

    /// The answer to a batch: executions in any order, and a reason for each that Athena did not look up.
    package struct Answer: JSONReadable, Sendable {
        /// The executions that Athena knows.
        package let executions: [QueryExecution]
        /// The ids that it could not look up.
        package let unprocessed: [UnprocessedID]

        /// Reads what Athena says. An element that is malformed does no harm to its neighbors.
        package init(json answer: JSONValue) throws(JSONError) {
            executions = Self.wellFormed(try answer.optional("QueryExecutions"))
            unprocessed = Self.wellFormed(try answer.optional("UnprocessedQueryExecutionIds"))
        }

        private static func wellFormed<Element: JSONReadable>(_ elements: [JSONValue]?) -> [Element] {
            (elements ?? []).compactMap { try? Element(json: $0) }
        }
    }

    /// Asks for many batches; each stands for itself, answers come in their order.
    package func batchGetQueryExecution(
        _ batches: [Batch],
        before deadline: Deadline
    ) -> [Result<Answer, AWSError>] {
        let calls = batches.map {
            AWSCall.json(.athena, "BatchGetQueryExecution", ["QueryExecutionIds": .strings($0.ids)], region: $0.region)
        }
        return client.sendAll(calls, inFlight: Self.batchesInFlight, within: Self.quota, before: deadline) {
            answer throws(JSONError) in
            try Answer(json: answer)
        }
    }

    /// The measures of an execution, as Athena tells them; nil where it knows nothing of that execution.
    ///
    /// - Parameter region: the region in which it ran, nil for the client's own.
    package func runtimeStatistics(
        of id: String,
        region: String?,
        before deadline: Deadline
    ) throws(AWSError) -> JSONValue? {
        let call = AWSCall.json(.athena, "GetQueryRuntimeStatistics", ["QueryExecutionId": .string(id)], region: region)
        do throws(AWSError) {
            return try client.send(call, before: deadline) { answer throws(JSONError) in answer }
        } catch  where error.code == "InvalidRequestException" {
            return nil
        }
    }

    /// A workgroup as Athena describes it; nil where there is none of that name.
    ///
    /// - Parameter region: the region of the workgroup, nil for the client's own.
    package func workgroup(
        _ name: String,
        region: String?,
        before deadline: Deadline
    ) throws(AWSError) -> JSONValue? {
        let call = AWSCall.json(.athena, "GetWorkGroup", ["WorkGroup": .string(name)], region: region)
        do throws(AWSError) {
            return try client.send(call, before: deadline) { answer throws(JSONError) in answer }
        } catch  where error.code == "InvalidRequestException" {
            return nil
        }
    }
}

/// An execution that Athena did not look up, and why.
package struct UnprocessedID: Sendable {
    /// The execution's id.
    package let id: String?
    /// Athena's code.
    package let code: String?
    /// Athena's message.
    package let message: String?
}

extension UnprocessedID: JSONReadable {
    /// Reads what Athena says.
    package init(json: JSONValue) throws(JSONError) {
        id = try json.optional("QueryExecutionId")
        code = try json.optional("ErrorCode")
        message = try json.optional("ErrorMessage")
    }
}
