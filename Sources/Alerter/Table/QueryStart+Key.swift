import Alerting
import CloudTrail

extension QueryStart {
    /// The key of the query's row.
    var key: QueryKey { QueryKey(startTime: time, executionID: executionID) }
}
