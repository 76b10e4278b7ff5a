import AWS
import Alerting
import FoundationEssentials

/// A row of the table that is still open. Only its key is sure to be there.
struct OpenQuery: Equatable {
    let key: QueryKey
    let user: String
    let userType: String?
    let accountID: String?
    let region: String?
    let workgroup: String?

    /// Reads a row; nil when it has not even its key.
    init?(_ item: Item) {
        guard let date = item["start_date"]?.string, let startKey = item["start_key"]?.string else { return nil }
        // Whatever the other attributes say, the key must lead back to this row.
        key = QueryKey(startDate: date, startKey: startKey)
        user = item["executing_user"]?.string ?? "unknown"
        userType = item["user_type"]?.string
        accountID = item["account_id"]?.string
        region = item["region"]?.string
        workgroup = item["workgroup"]?.string
    }
}
