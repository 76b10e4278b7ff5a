import JSON
package import Time
import Web

/// The configuration of functions.
extension Lambda {
    /// A function, as far as it matters here.
    package struct Configuration: Sendable, Equatable {
        /// The function's ARN.
        package let arn: String
        /// `Active`, `Inactive`, `Pending` or `Failed`.
        package let state: String
        /// `Successful`, `Failed` or `InProgress`.
        package let lastUpdate: String
        /// The log group.
        package let logGroup: String
        /// The memory in MB.
        package let megabytes: Int64

        /// Creates a configuration.
        package init(arn: String, state: String, lastUpdate: String, logGroup: String, megabytes: Int64) {
            self.arn = arn
            self.state = state
            self.lastUpdate = lastUpdate
            self.logGroup = logGroup
            self.megabytes = megabytes
        }

        /// The function's name.
        package var name: String { Self.name(in: arn) }

        fileprivate static func name(in arn: String) -> String {
            arn.split(separator: ":").last.map(String.init) ?? arn
        }
    }

    /// The configuration of a function.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
    package func configuration(of name: String, before deadline: Deadline) throws(AWSError) -> Configuration {
        let path = "/2015-03-31/functions/\(name.percentEncoded())/configuration"
        return try get("GetFunctionConfiguration", path, before: deadline) { answer throws(JSONError) in
            let arn: String = try answer.required("FunctionArn")
            return Configuration(
                arn: arn,
                state: try answer.optional("State") ?? "Active",
                lastUpdate: try answer.optional("LastUpdateStatus") ?? "Successful",
                logGroup: try answer.optional("LoggingConfig", "LogGroup")
                    ?? "/aws/lambda/\(Configuration.name(in: arn))",
                megabytes: try answer.required("MemorySize")
            )
        }
    }

    /// The states of the mappings that invoke a function from queues, such as `Enabled`.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
    package func mappingStates(of name: String, before deadline: Deadline) throws(AWSError) -> [String] {
        let query = [(name: "FunctionName", value: name)].formEncoded
        let path = "/2015-03-31/event-source-mappings"
        return try get("ListEventSourceMappings", path, query: query, before: deadline) { answer throws(JSONError) in
            let mappings: [JSONValue] = try answer.optional("EventSourceMappings") ?? []
            return mappings.compactMap { $0["State"]?.string }
        }
    }

    private func get<Output>(
        _ operation: String,
        _ path: String,
        query: String = "",
        before deadline: Deadline,
        reading read: (JSONValue) throws(JSONError) -> Output
    ) throws(AWSError) -> Output {
        let call = AWSCall(service: .lambda, operation: operation, method: "GET", resource: .path(path), query: query)
        return try client.send(call, before: deadline, reading: read)
    }
}
