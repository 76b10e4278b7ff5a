import AWS
import Alerting
import Time

extension QueriesTable {
    /// Notes on an open row that its query is being stopped; fails its condition if the query has ended meanwhile.
    func markStopped(
        _ key: QueryKey,
        at bound: String,
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.WriteOutcome {
        let write = DynamoDB.Write.update(
            Item(key),
            table: name,
            "SET #stopped = :bound",
            condition: "attribute_exists(#open)",
            names: ["#stopped": RowAttribute.stopBound.description, "#open": RowAttribute.open.description],
            values: [":bound": .string(bound)]
        )
        return try dynamoDB.write(write, before: deadline)
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
