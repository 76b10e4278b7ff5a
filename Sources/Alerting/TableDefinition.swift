package import JSON
package import Querying
import Web

/// The Glue Data Catalog's description of a table, as far as hints need it.
///
/// https://docs.aws.amazon.com/glue/latest/webapi/API_Table.html
package struct TableDefinition: Sendable, Equatable {
    package let name: TableName
    /// The columns that it is partitioned by, in order.
    package var partitionKeys: [String] = []
    package var columnCount = 0
    package var format: Format?
    /// Whether a crawler has seen that its files are not compressed.
    package var isUncompressed = false
    /// Whether Athena computes its partitions and reads none from the catalog.
    package var isProjected = false
    package var isIceberg = false
    /// Whether its data is read through a connector, or belongs to another catalog.
    package var isFederated = false
    /// Whether Lake Formation decides who may read it.
    package var isGoverned = false
    /// The text of a view, nil for a table.
    package var view: View?
    /// The files that a crawler has counted, and their bytes.
    package var files: (count: Int64, bytes: Int64)? {
        guard let fileCount, let fileBytes, fileCount > 0 else { return nil }
        return (fileCount, fileBytes)
    }

    private var fileCount: Int64?
    private var fileBytes: Int64?

    /// The way in which a file keeps rows.
    package enum Format: Sendable, Equatable {
        /// Each column by itself, so that a query reads only the columns that it names.
        case columns
        /// Row by row, in a format of this name.
        case rows(String)
    }

    /// Formats by a part of the SerDe's name.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html
    private static let formats: [(serde: String, format: Format)] = [
        ("parquethiveserde", .columns), ("orcserde", .columns), ("jsonserde", .rows("JSON")),
        ("hivejsonserde", .rows("JSON")),
        ("opencsvserde", .rows("CSV")), ("lazysimpleserde", .rows("delimited text")), ("avroserde", .rows("Avro")),
        ("regexserde", .rows("text")), ("grokserde", .rows("text")), ("cloudtrailserde", .rows("JSON")),
        ("ionhiveserde", .rows("Ion")),
    ]

    /// Whether conditions on its partition keys decide which partitions are read.
    var hasPlainPartitions: Bool { !partitionKeys.isEmpty && !isIceberg && !isFederated && view == nil }
}

extension TableDefinition: JSONReadable {
    /// Reads a table, or the answer of `aws glue get-table` with a table in it.
    package init(json: JSONValue) throws(JSONError) {
        let table = json["Table"] ?? json
        let name: String = try table.required("Name")
        let database: String? = try table.optional("DatabaseName")
        self.name = TableName(database: database?.lowercased(), table: name.lowercased())
        let keys: [JSONValue] = try table.optional("PartitionKeys") ?? []
        partitionKeys = try keys.map { key throws(JSONError) in
            let name: String = try key.required("Name")
            return name.lowercased()
        }
        let columns: [JSONValue] = try table.optional("StorageDescriptor", "Columns") ?? []
        columnCount = columns.count + partitionKeys.count
        let serde: String? = try table.optional("StorageDescriptor", "SerdeInfo", "SerializationLibrary")
        let lowered = (serde ?? "").lowercased()
        format = Self.formats.first { lowered.hasSuffix($0.serde) }?.format
        let parameters = table["Parameters"]
        let value = { (key: String) in parameters?[key]?.string?.lowercased() }
        isIceberg = value("table_type") == "iceberg"
        isProjected = value("projection.enabled") == "true"
        isUncompressed = value("compressionType") == "none"
        fileCount = value("objectCount").flatMap { Int64($0) }
        fileBytes = value("sizeKey").flatMap { Int64($0) }
        isFederated = Self.isThere(table["FederatedTable"]) || Self.isThere(table["TargetTable"])
        isGoverned = table["IsRegisteredWithLakeFormation"] == .bool(true)
        if try table.optional("TableType") == "VIRTUAL_VIEW" {
            view = Self.view(of: try table.optional("ViewOriginalText"), database: database?.lowercased())
        }
    }

    private static func isThere(_ member: JSONValue?) -> Bool { member != nil && member != .null }

    /// The SQL in `/* Presto View: <base64 of JSON> */`, as Athena stores it; a view without it has no text to read.
    private static func view(of text: String?, database: String?) -> View {
        let mark = "/* Presto View: "
        guard let text, text.hasPrefix(mark), text.hasSuffix(" */"),
            let bytes = Base64.decoded(String(text.dropFirst(mark.count).dropLast(3))),
            let json = try? JSONValue(parsing: bytes), let sql = json["originalSql"]?.string
        else { return View(sql: "", database: database) }
        return View(sql: sql, database: json["schema"]?.string?.lowercased() ?? database)
    }
}
