package import Time

/// A query that was started: one row of the queries table.
package struct Query: Sendable, Equatable {
    /// Athena's id of the execution.
    package let executionID: String
    /// When it was started.
    package let startTime: Timestamp
    /// Whose query it is; never empty.
    package let user: String
    /// What stands behind the user's name: `person`, `role`, `service`, `root` or `unknown`; nil when nobody said.
    package let userType: String?
    /// The account in which it runs.
    package let accountID: String?
    /// The region in which it runs.
    package let region: String?
    /// The workgroup in which it runs.
    package let workgroup: String?
    /// The ARN of the identity that started it.
    package let principalARN: String?

    /// Creates a query.
    package init(
        executionID: String,
        startTime: Timestamp,
        user: String,
        userType: String? = nil,
        accountID: String? = nil,
        region: String? = nil,
        workgroup: String? = nil,
        principalARN: String? = nil
    ) {
        self.executionID = executionID
        self.startTime = startTime
        self.user = user
        self.userType = userType
        self.accountID = accountID
        self.region = region
        self.workgroup = workgroup
        self.principalARN = principalARN
    }

    /// Where the query's row is.
    package var key: QueryKey { QueryKey(startTime: startTime, executionID: executionID) }
}

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

    /// Creates a key as it stands in the table, whatever its form; without a `#` it names no execution.
    package init(startDate: String, startKey: String) {
        let parts = startKey.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        self.startDate = startDate
        self.startKey = startKey
        startTimestamp = String(parts[0])
        executionID = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The second that the timestamp begins with, nil when there is none.
    package var startTime: Timestamp? { Timestamp(dateAndTime: String(startTimestamp.prefix(19))) }
}
