package import Time

/// A request to stop a query, as CloudTrail recorded it.
///
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_StopQueryExecution.html
package struct QueryStop: Sendable, Equatable {
    /// Athena's id of the execution.
    package let executionID: String
    /// The time of the request.
    package let time: Timestamp
    /// The person or program that made it.
    package let caller: Caller
    /// The account in which the query ran.
    package let accountID: String?
}

/// A call about a query, as a record tells.
enum QueryCall {
    case start(QueryStart)
    case stop(QueryStop)
}
