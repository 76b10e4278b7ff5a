import AWS
package import Assembly
import LambdaRuntime

/// Queries that callers order: SQL on a schedule or on demand, and a REST service over Athena.
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
            let settings = try RunQuerySettings(phase.environment)
            let handler = RunQuery(settings: settings, athena: Athena(phase.aws), results: S3(phase.aws))
            return AssembledHandler(handler, calling: [.athena])
        case .queryAPI:
            let handler = QueryAPI(athena: Athena(phase.aws), settings: try QueryAPISettings(phase))
            return AssembledHandler(handler, calling: [.athena])
        case .queryRetention:
            let handler = QueryRetention(results: S3(phase.aws), root: try QueryAPISettings.output(phase))
            return AssembledHandler(handler, calling: [])
        case nil:
            throw HandlerError.misconfigured("there is no handler '\(name)' among those of queries")
        }
    }
}
