import AWS
import Alerting
import Time

extension QueriesTable {
    /// Notes on an open row at which bound its query is being stopped, or with nil that it is not; fails its condition
    /// if the query has ended meanwhile.
    func markStopped(
        _ key: QueryKey,
        at bound: String?,
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.WriteOutcome {
        let write = DynamoDB.Write.update(
            Item(key),
            table: name,
            bound == nil ? "REMOVE #stopped" : "SET #stopped = :bound",
            condition: "attribute_exists(#open)",
            names: ["#stopped": RowAttribute.stopBound.description, "#open": RowAttribute.open.description],
            values: bound.map { [":bound": .string($0)] } ?? [:]
        )
        return try dynamoDB.write(write, before: deadline)
    }

    /// The bounds at which the alerter has stopped queries, by their rows' keys; rows without one are left out.
    func stopBounds(of keys: [QueryKey], before deadline: Deadline) throws(AWSError) -> [QueryKey: String] {
        let attributes = [RowAttribute.startDate, RowAttribute.startKey, RowAttribute.stopBound].map(\.description)
        let items = try dynamoDB.items(keys.map { Item($0) }, table: name, attributes: attributes, before: deadline)
        let pairs = items.compactMap { item -> (QueryKey, String)? in
            guard let date = item[RowAttribute.startDate]?.string, let key = item[RowAttribute.startKey]?.string,
                let bound = item[RowAttribute.stopBound]?.string
            else { return nil }
            return (QueryKey(startDate: date, startKey: key), bound)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// Notes on open rows who has been warned; outcomes come in the order of the rows. The row of a query that has ended
    /// meanwhile stays as it is.
    func markWarned(
        _ warnings: [(key: QueryKey, targets: Set<AlertTarget>)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let writes = warnings.map { key, targets in
            DynamoDB.Write.update(
                Item(key),
                table: name,
                "SET #warned = :targets",
                condition: "attribute_exists(#open)",
                names: ["#warned": RowAttribute.warned.description, "#open": RowAttribute.open.description],
                values: [":targets": .string(targets.map(\.rawValue).sorted().joined(separator: " "))]
            )
        }
        return dynamoDB.write(writes, before: deadline)
    }
}
