package import Querying

/// The facts about a query from which hints are made.
package struct HintFacts: Sendable {
    package let sql: String
    /// The SQL's shape, nil where it is not understood, or cut.
    package private(set) var shape: StatementShape?
    /// The definitions of the tables that the SQL names, by the names in it.
    package private(set) var tables: [TableName: TableDefinition] = [:]
    /// Athena's measures.
    package var statistics = RuntimeStatistics()
    package var durationMilliseconds: Int64?
    /// The cost of the query; nil where it is not billed by bytes.
    package var cost: Money?
    /// The earlier runs of the statement on the same day.
    package var repetition: Repetition?
    /// The workgroup, where it is known.
    package var workgroup: WorkgroupDefinition?
    /// The reason why the SQL is not understood.
    package private(set) var notUnderstood: String?

    private static let deepestViews = 4

    /// Reads a statement and looks up its tables, and those that its views read.
    ///
    /// - Parameters:
    ///   - database: the database of names without one.
    ///   - catalog: the catalog of names without one.
    ///   - definition: looks a table up; nil where nothing is known.
    package init(
        sql: String,
        database: String?,
        catalog: String? = nil,
        definition: (TableName) -> TableDefinition?
    ) {
        self.sql = sql
        var views: [TableName: View] = [:]
        for _ in 0...Self.deepestViews {
            do {
                shape = try StatementShape(sql, views: views)
            } catch {
                shape = nil
                notUnderstood = error.reason
                return
            }
            var hasNewViews = false
            for name in Set(shape?.tables.map(\.name) ?? []) where tables[name] == nil {
                guard Self.isInCatalog(name.catalog ?? catalog),
                    let found = definition(
                        TableName(database: name.database ?? database?.lowercased(), table: name.table)
                    )
                else { continue }
                tables[name] = found
                guard let view = found.view, !view.sql.isEmpty else { continue }
                views[name] = view
                hasNewViews = true
            }
            guard hasNewViews else { return }
        }
    }

    /// Whether a catalog is the account's own Glue Data Catalog.
    private static func isInCatalog(_ catalog: String?) -> Bool {
        catalog == nil || catalog?.lowercased() == "awsdatacatalog"
    }
}
