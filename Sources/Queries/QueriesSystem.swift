import AWS
package import Assembly
import LambdaRuntime
import Querying
package import Settings
import Time

/// Queries that callers order: SQL on a schedule or on demand, and a REST service over Athena.
package struct QueriesSystem: HouseSystem {
    private enum Handler: String, CaseIterable {
        case runQuery = "run_query"
        case queryAPI = "query_api"
        case queryRetention = "query_retention"
    }

    private var settings = QueriesSettings()

    /// Creates the system with the settings of an empty file.
    package init() {}

    package static var handlerNames: [String] { Handler.allCases.map(\.rawValue) }

    package mutating func read(_ name: String, _ value: Section) throws(SettingsError) -> Bool {
        try settings.read(name, value)
    }

    package var summary: [(name: String, value: String)] {
        [
            ("run_query", settings.sql.map { "SQL of \($0.utf8.count) bytes" } ?? "not set"),
            ("query_api", settings.tables?.joined(separator: ", ") ?? "not set"),
        ]
    }

    package var warnings: [String] {
        guard let sql = settings.sql else { return [] }
        do throws(HandlerError) {
            _ = try RunQuerySettings.statements(sql, at: QueryTime(.now), name: QueriesSettings.sqlKey)
            return []
        } catch {
            return ["\(error)"]
        }
    }

    package func handler(named name: String, in phase: InitPhase) throws -> AssembledHandler {
        switch Handler(rawValue: name) {
        case .runQuery:
            let settings = try RunQuerySettings(phase.environment, sql: settings.sql)
            let handler = RunQuery(settings: settings, athena: Athena(phase.aws), results: S3(phase.aws))
            return AssembledHandler(handler, calling: [.athena])
        case .queryAPI:
            let settings = try QueryAPISettings(phase, tables: settings.tables)
            return AssembledHandler(QueryAPI(athena: Athena(phase.aws), settings: settings), calling: [.athena])
        case .queryRetention:
            let handler = QueryRetention(results: S3(phase.aws), root: try QueryAPISettings.output(phase))
            return AssembledHandler(handler, calling: [])
        case nil:
            throw HandlerError.misconfigured("there is no handler '\(name)' among those of queries")
        }
    }
}
