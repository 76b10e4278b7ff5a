/// A part of a table with a folder of its own.
package struct Partition: Sendable, Equatable {
    /// The table's name.
    package let table: String
    /// The columns and their values.
    package let values: [PartitionValue]
    /// The location of its objects: `s3://bucket/folder/`.
    package let location: String

    /// Creates a partition.
    package init(table: String, values: [PartitionValue], location: String) {
        self.table = table
        self.values = values
        self.location = location
    }

    /// The values in the order of a table's columns, nil when these are not the table's columns.
    package func values(in columns: [String]) -> [String]? {
        guard columns.count == values.count else { return nil }
        let texts = columns.compactMap { column in values.first { $0.column == column }?.text }
        return texts.count == columns.count ? texts : nil
    }
}

/// A column of a partition and its value there.
package struct PartitionValue: Sendable, Equatable {
    /// The column's name in lower case, as Athena has it.
    package let column: String
    /// The value as text.
    package let text: String

    /// Creates a value.
    package init(column: String, text: String) {
        self.column = column
        self.text = text
    }
}
