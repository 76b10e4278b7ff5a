package import JSON

/// Athena's measures of an execution.
///
/// The timeline is there as soon as a query has ended, the rows perhaps later or never:
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryRuntimeStatistics.html
package struct RuntimeStatistics: Sendable, Equatable {
    package var queueMilliseconds: Int64?
    package var planningMilliseconds: Int64?
    package var totalMilliseconds: Int64?
    package var inputRows: Int64?
    package var outputRows: Int64?

    package init() {}
}

extension RuntimeStatistics: JSONReadable {
    /// Reads Athena's answer.
    package init(json: JSONValue) throws(JSONError) {
        let statistics: JSONValue = try json.required("QueryRuntimeStatistics")
        queueMilliseconds = try statistics.optional("Timeline", "QueryQueueTimeInMillis")
        planningMilliseconds = try statistics.optional("Timeline", "QueryPlanningTimeInMillis")
        totalMilliseconds = try statistics.optional("Timeline", "TotalExecutionTimeInMillis")
        inputRows = try statistics.optional("Rows", "InputRows")
        outputRows = try statistics.optional("Rows", "OutputRows")
    }
}
