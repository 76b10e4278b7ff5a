import AWS
import Alerting
import CloudTrail
import Time

/// The items that tell who stopped queries. Each has a partition of its own, so that the query's id alone leads to it
/// and no reader of a day's queries sees it.
extension QueriesTable {
    /// Notes who stopped queries; outcomes come in the order of the stops. Of a query's stops the first one counts,
    /// whatever order they come in, and a stop that comes again changes nothing.
    func note(
        _ stops: [QueryStop],
        now: Timestamp,
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let writes = stops.map { stop in
            let time = AttributeValue.string(stop.time.dateAndTime)
            var item = Item(Self.stopKey(of: stop.executionID))
            item[RowAttribute.stoppedBy] = .string(stop.caller.person.name)
            item[RowAttribute.stoppedAt] = time
            item[RowAttribute.expiresAt] = .integer((now + .days(retentionDays)).secondsSince1970)
            return DynamoDB.Write.put(
                item,
                table: name,
                condition: "attribute_not_exists(start_key) OR \(RowAttribute.stoppedAt) > :time",
                values: [":time": time]
            )
        }
        return dynamoDB.write(writes, before: deadline)
    }

    /// The names of those who stopped queries, by the queries' ids.
    func stoppers(of executionIDs: Set<String>, before deadline: Deadline) throws(AWSError) -> [String: String] {
        let keys = executionIDs.sorted().map { Item(Self.stopKey(of: $0)) }
        let attributes = [RowAttribute.startKey.description, RowAttribute.stoppedBy.description]
        let items = try dynamoDB.items(keys, table: name, attributes: attributes, before: deadline)
        let pairs = items.compactMap { item -> (String, String)? in
            guard let key = item[RowAttribute.startKey]?.string, let name = item[RowAttribute.stoppedBy]?.string else {
                return nil
            }
            return (String(key.dropFirst()), name)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func stopKey(of executionID: String) -> QueryKey {
        QueryKey(startDate: "\(executionID)#stops", startKey: "#\(executionID)")
    }
}
