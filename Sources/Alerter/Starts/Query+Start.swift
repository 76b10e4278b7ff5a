import Alerting
import CloudTrail

extension Query {
    /// The row of a query that CloudTrail saw being started.
    init(_ start: QueryStart) {
        self.init(
            executionID: start.queryExecutionID,
            startTime: start.time,
            user: start.person.name,
            userType: start.person.kind.rawValue,
            accountID: start.accountID,
            region: start.region,
            workgroup: start.workgroup,
            principalARN: start.principalARN
        )
    }
}
