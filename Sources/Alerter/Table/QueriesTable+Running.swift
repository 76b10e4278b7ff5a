import AWS
import Alerting
import Time

extension QueriesTable {
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
