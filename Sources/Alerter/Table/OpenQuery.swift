import AWS
import Alerting
import CloudTrail
import Time

/// A row of the table that is still open. Only its key is sure to be there.
struct OpenQuery: Equatable {
    let key: QueryKey
    /// The identity by CloudTrail's evidence.
    let attribution: Attribution
    let accountID: String?
    let region: String?
    let workgroup: String?
    /// The bound at which the query is being stopped; nil unless it is.
    let stopBound: String?
    /// The targets that have been warned that it still runs.
    let warned: Set<AlertTarget>

    /// Reads a row; nil when it lacks a part of its key.
    init?(_ item: Item) {
        guard let date = item[RowAttribute.startDate]?.string, let startKey = item[RowAttribute.startKey]?.string else {
            return nil
        }
        // Whatever the other attributes say, the key must lead back to this row.
        key = QueryKey(startDate: date, startKey: startKey)
        attribution = Attribution(
            person: Person(
                name: item[RowAttribute.user]?.string ?? "unknown",
                // A row that does not say may be a person's, who must hear of the query.
                kind: item[RowAttribute.userType]?.string.map { Person.Kind(rawValue: $0) ?? .unknown } ?? .person,
                source: item[RowAttribute.userSource]?.string.flatMap(Person.Source.init) ?? .unknown
            ),
            tool: item[RowAttribute.tool]?.string,
            sessionName: item[RowAttribute.sessionName]?.string,
            principalARN: item[RowAttribute.principalARN]?.string
        )
        accountID = item[RowAttribute.accountID]?.string
        region = item[RowAttribute.region]?.string.flatMap { EndpointResolver.isRegion($0) ? $0 : nil }
        workgroup = item[RowAttribute.workgroup]?.string
        stopBound = item[RowAttribute.stopBound]?.string
        let names = item[RowAttribute.warned]?.string?.split(separator: " ") ?? []
        warned = Set(names.compactMap { AlertTarget(rawValue: String($0)) })
    }

    /// The row that a start has before its query ends.
    init(_ start: QueryStart) {
        key = start.key
        attribution = Attribution(start)
        accountID = start.accountID
        region = start.region.flatMap { EndpointResolver.isRegion($0) ? $0 : nil }
        workgroup = start.workgroup
        stopBound = nil
        warned = []
    }

    /// The time for which Athena remembers its queries. Its answers about older ones will not change.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/querying.html
    static let memory = Duration.days(45)

    /// Whether Athena has forgotten the query.
    var isForgotten: Bool { age(at: .now) > Self.memory }

    /// The age of the query in whole minutes; 0 when its row does not tell.
    var ageMinutes: Int { key.startTime.map { max(0, Int((Timestamp.now - $0).components.seconds / 60)) } ?? 0 }

    /// The age of the query; endless when its row does not tell.
    func age(at now: Timestamp) -> Duration {
        key.startTime.map { now - $0 } ?? .seconds(Int64.max)
    }
}
