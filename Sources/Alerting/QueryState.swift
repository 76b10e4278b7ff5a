/// The state in which a query ended. Athena may add states, so others than these are possible.
///
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html
package struct QueryState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// Athena's word.
    package let rawValue: String

    /// Creates a state from Athena's word.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Creates a state from Athena's word.
    package init(stringLiteral rawValue: String) {
        self.rawValue = rawValue
    }

    /// The query succeeded.
    package static let succeeded: QueryState = "SUCCEEDED"
    /// The query failed.
    package static let failed: QueryState = "FAILED"
    /// The query was canceled, by a person or by a limit of its workgroup.
    package static let cancelled: QueryState = "CANCELLED"
}
