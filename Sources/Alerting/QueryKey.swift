package import Time

/// The key of a query's row. The execution's id is in it, so that queries started in one second are two rows.
package struct QueryKey: Sendable, Hashable {
    /// `YYYY-MM-DD`, UTC.
    package let startDate: String
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    package let startTimestamp: String
    /// Athena's id of the execution.
    package let executionID: String

    /// `YYYY-MM-DD HH:MM:SS#<id>`.
    package let startKey: String

    /// Creates the key of a query that was started at a time.
    package init(startTime: Timestamp, executionID: String) {
        let timestamp = startTime.dateAndTime
        self.init(startDate: String(timestamp.prefix(10)), startTimestamp: timestamp, executionID: executionID)
    }

    /// Creates a key from its parts.
    package init(startDate: String, startTimestamp: String, executionID: String) {
        self.startDate = startDate
        self.startTimestamp = startTimestamp
        self.executionID = executionID
        startKey = "\(startTimestamp)#\(executionID)"
    }

    /// Creates a key from a row's attributes, of any form; a sort key without a `#` has an empty execution id.
    package init(startDate: String, startKey: String) {
        let parts = startKey.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        self.startDate = startDate
        self.startKey = startKey
        startTimestamp = String(parts[0])
        executionID = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The start time to the second, nil when the timestamp does not begin with one.
    package var startTime: Timestamp? { Timestamp(dateAndTime: String(startTimestamp.prefix(19))) }
}
