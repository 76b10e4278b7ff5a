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
        let stopBound = RowAttribute.stopBound.description
        let statement =
            if let bound {
                update(key, setting: [stopBound: .string(bound)])
            } else {
                update(key, setting: [:], removing: stopBound)
            }
        return try dynamoDB.execute([statement], before: deadline)[0].get()
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
        let statements = warnings.map { key, targets in
            let names = targets.map(\.rawValue).sorted().joined(separator: " ")
            return update(key, setting: [RowAttribute.warned.description: .string(names)])
        }
        return dynamoDB.execute(statements, before: deadline)
    }
}
