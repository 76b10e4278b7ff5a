/// The statements that register partitions.
///
/// https://docs.aws.amazon.com/athena/latest/ug/alter-table-add-partition.html
package enum PartitionStatements {
    /// The longest statement that Athena takes, in bytes of UTF-8.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
    package static let maximumLength = 262_144

    /// A statement, and the positions of its partitions.
    package struct Statement: Sendable, Equatable {
        /// The SQL.
        package var sql: String
        /// The positions.
        package var places: [Int]

        /// Creates a statement.
        package init(sql: String, places: [Int]) {
            self.sql = sql
            self.places = places
        }
    }

    /// The statement that makes Athena look for partitions. It finds only folders in Hive's style.
    package static func repair(_ table: String) -> String { "MSCK REPAIR TABLE \(quoted(table))" }

    /// The statements that add partitions, as few as possible.
    ///
    /// - Parameters:
    ///   - partitions: partitions of one table, each with its position.
    ///   - table: the table's name.
    ///   - numbers: the columns of numbers, whose values are not quoted.
    ///   - limit: the longest statement, in bytes of UTF-8.
    /// - Returns: the statements. DDL cannot express a partition that is in none of them.
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
        // By scalars, as Athena reads: a quote can be a part of one of Swift's characters.
        let parts = name.unicodeScalars.split(separator: "`", omittingEmptySubsequences: false)
        return "`" + parts.map { String($0) }.joined(separator: "``") + "`"
    }

    /// A text as DDL has it, nil for one that might end early: DDL's escapes are not documented.
    static func literal(_ text: String) -> String? {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "'" && $0 != "\\" && $0.value != 0x7F }
        return isPlain ? "'\(text)'" : nil
    }

    private static func number(_ text: String) -> String? {
        let isNumber = !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy(PartitionLayout.isDigit)
        return isNumber ? text : nil
    }
}
