import Alerting
import JSON
import Querying

/// Tables of a made-up lake, as `aws glue get-table` prints them.
enum HintFixture {
    private static let parquet = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"

    /// `web.clicks`: Parquet, 40 columns, partitioned by day and hour.
    static let clicks = table("clicks", keys: ["day", "hour"], columns: 38, serde: parquet)
    /// `web.events`: JSON, partitioned by day.
    static let events = table("events", keys: ["day"], columns: 5, serde: "org.openx.data.jsonserde.JsonSerDe")
    /// `web.orders`: Parquet with 30 columns and no partitions.
    static let orders = table("orders", keys: [], columns: 30, serde: parquet)
    /// `web.users`: CSV that is not compressed.
    static let users = table(
        "users",
        keys: [],
        columns: 6,
        serde: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        parameters: ["compressionType": "none"]
    )
    /// `web.small`: Parquet with three columns, in many small files.
    static let small = table(
        "small",
        keys: [],
        columns: 3,
        serde: parquet,
        parameters: ["objectCount": "200000", "sizeKey": "240000000000"]
    )
    /// `web.trips`: Iceberg, whose partitions Glue does not name.
    static let trips = table("trips", keys: [], columns: 30, serde: nil, parameters: ["table_type": "ICEBERG"])
    /// `web.projected`: Parquet with partition projection.
    static let projected = table(
        "projected",
        keys: ["dt"],
        columns: 4,
        serde: parquet,
        parameters: ["projection.enabled": "true"]
    )
    /// `web.recent`: a view of clicks that renames the day.
    static let recent = view("recent", of: "SELECT day AS d, user_id, url FROM clicks WHERE user_id > 0")
    /// `web.safe`: a view with a condition on the partition.
    static let safe = view("safe", of: "SELECT * FROM clicks WHERE day >= '2026-01-01'")

    static let all = [clicks, events, orders, users, small, trips, projected, recent, safe]

    static func facts(_ sql: String) -> HintFacts {
        HintFacts(sql: sql, database: "web") { name in all.first { $0.name == name } }
    }

    private static func table(
        _ name: String,
        keys: [String],
        columns: Int,
        serde: String?,
        parameters: [String: String] = [:]
    ) -> TableDefinition {
        let columns = (0..<columns).map {
            JSONValue.object([.init("Name", .string("c\($0)")), .init("Type", "string")])
        }
        let json: JSONValue = .object(of: [
            "Name": .string(name), "DatabaseName": "web", "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": .array(keys.map { ["Name": .string($0), "Type": "string"] }),
            "StorageDescriptor": [
                "Columns": .array(columns),
                "SerdeInfo": .object(of: ["SerializationLibrary": serde.map { .string($0) }]),
            ],
            "Parameters": .strings(parameters),
        ])
        return read(["Table": json])
    }

    private static func view(_ name: String, of sql: String) -> TableDefinition {
        var definition = table(name, keys: [], columns: 3, serde: nil)
        definition.view = View(sql: sql, database: "web")
        return definition
    }

    private static func read(_ json: JSONValue) -> TableDefinition {
        do {
            return try TableDefinition(json: json)
        } catch {
            fatalError("\(error)")
        }
    }
}
