/// A part of a table that has a folder of its own.
public struct Partition: Sendable, Equatable {
    /// The table's name.
    public let table: String
    /// The columns and their values.
    public let values: [PartitionValue]
    /// Where its objects are: `s3://bucket/folder/`.
    public let location: String

    /// Creates a partition.
    public init(table: String, values: [PartitionValue], location: String) {
        self.table = table
        self.values = values
        self.location = location
    }

    /// The values in the order of a table's columns, nil when these are not the table's columns.
    public func values(in columns: [String]) -> [String]? {
        guard columns.count == values.count else { return nil }
        let texts = columns.compactMap { column in values.first { $0.column == column }?.text }
        return texts.count == columns.count ? texts : nil
    }
}

/// A column of a partition and its value there.
public struct PartitionValue: Sendable, Equatable {
    /// The column's name, in small letters as Athena has it.
    public let column: String
    /// The value as text.
    public let text: String

    /// Creates a value.
    public init(column: String, text: String) {
        self.column = column
        self.text = text
    }
}
