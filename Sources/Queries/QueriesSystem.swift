import AWS
package import Assembly
import LambdaRuntime
import Querying
import Settings
import System

/// Queries of others: SQL on a schedule or on demand, and a REST service over Athena.
package struct QueriesSystem: HouseSystem {
    private enum Handler: String, CaseIterable {
        case runQuery = "run_query"
        case queryAPI = "query_api"
        case queryRetention = "query_retention"
    }

    /// Creates the system, which has no section in the settings file.
    package init() {}

    package static var handlerNames: [String] { Handler.allCases.map(\.rawValue) }

    package func handler(named name: String, in phase: InitPhase) throws -> AssembledHandler {
        switch Handler(rawValue: name) {
        case .runQuery:
            let handler = RunQuery(athena: Athena(phase.aws), s3: S3(phase.aws), environment: phase.environment)
            return AssembledHandler(handler, calling: [.athena])
        case .queryAPI:
            let handler = QueryAPI(athena: Athena(phase.aws), settings: try queryAPISettings(phase))
            return AssembledHandler(handler, calling: [.athena])
        case .queryRetention:
            return AssembledHandler(QueryRetention(s3: S3(phase.aws), root: try results(phase)), calling: [])
        case nil:
            throw HandlerError.misconfigured("there is no handler '\(name)' among those of queries")
        }
    }

    private func queryAPISettings(_ phase: InitPhase) throws -> QueryAPISettings {
        let database = try phase.required("DATABASE")
        let tables = try phase.required("QUERY_API_TABLES").split(separator: ",").map { name in
            String(name.filter { !$0.isWhitespace })
        }
        let longest = try minutes("LONGEST_RETENTION_MINUTES", phase) ?? 43_200
        let key = try phase.environment["QUERY_API_KEY"].map { text throws(SettingsError) in
            try Secret(text, key: "QUERY_API_KEY")
        }
        return QueryAPISettings(
            output: try results(phase),
            database: database,
            workgroup: phase.environment["ATHENA_WORKGROUP"],
            check: ReadOnlySQL(database: database, tables: tables),
            retention: min(try minutes("RETENTION_MINUTES", phase) ?? 1440, longest),
            longestRetention: longest,
            key: try phase.text(of: key, key: "QUERY_API_KEY")
        )
    }

    /// The folder of `query_api`'s results.
    private func results(_ phase: InitPhase) throws(HandlerError) -> ObjectLocation {
        let text = try phase.required("OUTPUT_S3_BUCKET")
        guard let location = ObjectLocation(folder: text) else {
            throw .misconfigured("OUTPUT_S3_BUCKET: expected s3://bucket/path/, found '\(text)'")
        }
        return location
    }

    private func minutes(_ name: String, _ phase: InitPhase) throws(HandlerError) -> Int64? {
        guard let text = phase.environment[name] else { return nil }
        let range = TenantResults.retentions
        guard let minutes = Int64(text), range.contains(minutes) else {
            throw .misconfigured(
                "\(name): expected a whole number from \(range.lowerBound) to \(range.upperBound), found '\(text)'"
            )
        }
        return minutes
    }
}
