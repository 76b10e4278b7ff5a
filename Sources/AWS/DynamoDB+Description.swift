import JSON
package import Time

/// Descriptions of tables.
extension DynamoDB {
    /// A table, as far as it matters here.
    package struct Description: Sendable, Equatable {
        /// `ACTIVE`, when the table can be used.
        package let status: String
        /// The states of the indexes by name.
        package let indexes: [String: String]

        /// Creates a description.
        package init(status: String, indexes: [String: String]) {
            self.status = status
            self.indexes = indexes
        }
    }

    /// Describes a table.
    ///
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
    package func describe(_ table: String, before deadline: Deadline) throws(AWSError) -> Description {
        let call = AWSCall.json(.dynamoDB, "DescribeTable", ["TableName": .string(table)])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            let indexes: [JSONValue] = try answer.optional("Table", "GlobalSecondaryIndexes") ?? []
            let states = indexes.compactMap { index in
                index["IndexName"]?.string.map { ($0, index["IndexStatus"]?.string ?? "ACTIVE") }
            }
            return Description(
                status: try answer.required("Table", "TableStatus"),
                indexes: Dictionary(states) { first, _ in first }
            )
        }
    }
}
