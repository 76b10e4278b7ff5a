import Assembly
import LambdaRuntime
import Querying
import Settings
import System

/// The operator's settings of `query_api`.
struct QueryAPISettings {
    /// The limit of a result's retention in minutes when the operator sets none: 30 days.
    static let defaultLongestRetention: Int64 = 43_200
    private static let defaultRetention: Int64 = 1440

    /// The folder of all results.
    let output: ObjectLocation
    let database: String
    let workgroup: String?
    /// The check that SQL must pass.
    let check: ReadOnlySQL
    /// The retention of a result in minutes when the submission names none.
    let retention: Int64
    let longestRetention: Int64
    /// Whether callers learn that a query failed, and not why.
    let withholdsReasons: Bool
    /// The key that requests must carry, where no gateway asks for one.
    let key: String?

    /// Reads the environment, and the key from its place.
    ///
    /// - Parameter tables: the tables in the settings file.
    /// - Throws: ``HandlerError`` or ``SettingsError`` that names the variable.
    init(_ phase: InitPhase, tables: [String]? = nil) throws {
        let environment = phase.environment
        database = try phase.required("DATABASE")
        workgroup = environment["ATHENA_WORKGROUP"]
        check = ReadOnlySQL(database: database, tables: try Self.tables(environment, or: tables))
        longestRetention =
            try Self.minutes("LONGEST_RETENTION_MINUTES", environment) ?? Self.defaultLongestRetention
        retention = min(
            try Self.minutes("RETENTION_MINUTES", environment) ?? Self.defaultRetention,
            longestRetention
        )
        output = try Self.output(phase)
        withholdsReasons = try Variables(environment).flag("WITHHOLD_REASONS") ?? false
        let variable = "QUERY_API_KEY"
        let secret = try environment[variable].map { text throws(SettingsError) in try Secret(text, key: variable) }
        key = try phase.text(of: secret, key: variable)
    }

    /// The folder of all results, which `query_retention` reads too.
    static func output(_ phase: InitPhase) throws(HandlerError) -> ObjectLocation {
        let text = try phase.required("OUTPUT_S3_BUCKET")
        guard let location = ObjectLocation(folder: text) else {
            throw .misconfigured("OUTPUT_S3_BUCKET: expected s3://bucket/path/, found '\(text.excerpt)'")
        }
        return location
    }

    private static func tables(
        _ environment: Environment,
        or setting: [String]?
    ) throws(HandlerError) -> [String] {
        let (variable, key) = ("QUERY_API_TABLES", QueriesSettings.tablesKey)
        let tables = try Variables(environment).either(variable, or: setting, key) { text in
            text.split(separator: ",").map { name in String(name.filter { !$0.isWhitespace }) }
        }
        guard let tables else { throw .misconfigured("\(variable) is not set, nor is \(key) in the settings") }
        return tables
    }

    private static func minutes(_ name: String, _ environment: Environment) throws(HandlerError) -> Int64? {
        guard let text = environment[name] else { return nil }
        let range = TenantResults.retentions
        guard let minutes = Int64(text), range.contains(minutes) else {
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw .misconfigured("\(name): expected \(expected), found '\(text.excerpt)'")
        }
        return minutes
    }
}
