import AWS
import Alerting
import Time

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
        region = item["region"]?.string.flatMap { EndpointResolver.isRegion($0) ? $0 : nil }
        workgroup = item["workgroup"]?.string
    }

    /// Athena forgets its queries after this time; whatever it says of older ones will not change.
    /// https://docs.aws.amazon.com/athena/latest/ug/querying.html
    static let memory = Duration.days(45)

    /// Whether Athena has forgotten the query.
    var isForgotten: Bool { age(at: .now) > Self.memory }

    /// For how many whole minutes the query has been known; 0 when its row does not tell.
    var ageMinutes: Int { key.startTime.map { max(0, Int((Timestamp.now - $0).components.seconds / 60)) } ?? 0 }

    /// For how long the query has been known; forever when its row does not tell.
    func age(at now: Timestamp) -> Duration {
        key.startTime.map { now - $0 } ?? .seconds(Int64.max)
    }
}
