/// The statements by which Athena learns of partitions.
///
/// https://docs.aws.amazon.com/athena/latest/ug/alter-table-add-partition.html
package enum PartitionStatements {
    /// The longest statement that Athena takes, in bytes of UTF-8.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
    package static let maximumLength = 262_144

    /// A statement and which of the partitions, by their place, it is about.
    package struct Statement: Sendable, Equatable {
        /// The SQL.
        package var sql: String
        /// The places.
        package var places: [Int]

        /// Creates a statement.
        package init(sql: String, places: [Int]) {
            self.sql = sql
            self.places = places
        }
    }

    /// Has Athena look for the partitions itself. It finds only folders in Hive's style.
    package static func repair(_ table: String) -> String { "MSCK REPAIR TABLE \(quoted(table))" }

    /// Adds partitions in as few statements as they fit in.
    ///
    /// - Parameters:
    ///   - partitions: partitions of one table, each with its place.
    ///   - table: the table's name.
    ///   - numbers: the columns whose values are numbers, and so not quoted.
    ///   - limit: how long a statement may be.
    /// - Returns: the statements; what is in none of them cannot be said in DDL.
    package static func add(
        _ partitions: [(place: Int, partition: Partition)],
        to table: String,
        numbers: Set<String>,
        limit: Int = maximumLength
    ) -> [Statement] {
        let start = "ALTER TABLE \(quoted(table)) ADD IF NOT EXISTS"
        var statements: [Statement] = []
        for (place, partition) in partitions {
            guard let clause = clause(partition, numbers), start.utf8.count + clause.utf8.count < limit else {
                continue
            }
            if let last = statements.indices.last, statements[last].sql.utf8.count + clause.utf8.count < limit {
                statements[last].sql += clause
                statements[last].places.append(place)
            } else {
                statements.append(Statement(sql: start + clause, places: [place]))
            }
        }
        return statements
    }

    private static func clause(_ partition: Partition, _ numbers: Set<String>) -> String? {
        var values: [String] = []
        for value in partition.values {
            guard let text = numbers.contains(value.column) ? number(value.text) : literal(value.text) else {
                return nil
            }
            values.append("\(quoted(value.column)) = \(text)")
        }
        return literal(partition.location).map { "\n  PARTITION (\(values.joined(separator: ", "))) LOCATION \($0)" }
    }

    /// A name as DDL has it: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
    static func quoted(_ name: String) -> String {
        // By scalars, as Athena reads: of Swift's characters, a quote can be a part.
        let parts = name.unicodeScalars.split(separator: "`", omittingEmptySubsequences: false)
        return "`" + parts.map { String($0) }.joined(separator: "``") + "`"
    }

    /// A text as DDL has it, nil for what might end it early: nobody documents how DDL escapes.
    static func literal(_ text: String) -> String? {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "'" && $0 != "\\" && $0.value != 0x7F }
        return isPlain ? "'\(text)'" : nil
    }

    private static func number(_ text: String) -> String? {
        let isNumber = !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy(PartitionLayout.isDigit)
        return isNumber ? text : nil
    }
}
