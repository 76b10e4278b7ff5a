import HTTP
import LambdaRuntime
import Querying
import Settings
import System
import Testing

@testable import AWS
@testable import Assembly
@testable import Queries

@Suite struct QueriesSettingsTests {
    private static let base: [String: String] = [
        "AWS_REGION": "eu-west-1", "DATABASE": "sales", "OUTPUT_S3_BUCKET": "s3://b/d",
    ]

    private func system(_ file: String) throws -> QueriesSystem {
        var system = QueriesSystem()
        try Section(file: file.utf8).read { name, value throws(SettingsError) in try system.read(name, value) }
        return system
    }

    private func handler<Handler>(
        _ name: String,
        _ file: String,
        _ variables: [String: String] = [:],
        as type: Handler.Type
    ) throws -> Handler {
        let environment = Environment(Self.base.merging(variables) { $1 })
        let phase = try InitPhase(environment: environment, http: HTTPClient())
        return try #require(system(file).handler(named: name, in: phase).handler as? Handler)
    }

    @Test func sqlOfAnyLengthComesFromTheSettings() throws {
        let sql = "SELECT '\(String(repeating: "x", count: 200_000))'"
        let found = try handler("run_query", "{\"run_query\": {\"sql\": \"\(sql)\"}}", as: RunQuery.self)
        #expect(found.settings.script == sql)
    }

    @Test func tablesOfAnyNumberComeFromTheSettings() throws {
        let tables = (1...2000).map { "\"other.table_\($0)\"" }.joined(separator: ", ")
        let found = try handler("query_api", "{\"query_api\": {\"tables\": [\(tables)]}}", as: QueryAPI.self)
        #expect(throws: Never.self) { try found.settings.check.checked("SELECT * FROM other.table_2000") }
        #expect(throws: (any Error).self) { try found.settings.check.checked("SELECT * FROM other.table_2001") }
    }

    @Test(arguments: [
        (
            "query_api", "{}", [:],
            "QUERY_API_TABLES is not set, nor is query_api.tables in the settings"
        ),
        (
            "query_api", #"{"query_api": {"tables": ["a"]}}"#, ["QUERY_API_TABLES": "a"],
            "QUERY_API_TABLES and query_api.tables in the settings are both set; one of them is enough"
        ),
        (
            "run_query", #"{"run_query": {"sql": "SELECT 1"}}"#, ["QUERY_STRING": "SELECT 1"],
            "QUERY_STRING and run_query.sql in the settings are both set; one of them is enough"
        ),
        ("run_query", #"{"run_query": {"sql": "SELECT '{{dtae}}'"}}"#, [:], "run_query.sql: there is no '{{dtae}}'"),
    ])
    func aMistakeStopsTheStart(_ name: String, _ file: String, _ variables: [String: String], _ problem: String) {
        #expect {
            _ = try handler(name, file, variables, as: (any LambdaHandler).self)
        } throws: { error in
            "\(error)".hasPrefix(problem)
        }
    }

    @Test(arguments: [
        (
            #"{"run_query": {"sql": ""}}"#,
            "settings: run_query.sql: expected a text that is not empty, found an empty text"
        ),
        (#"{"run_query": {"query": "SELECT 1"}}"#, "settings: run_query.query: there is no such setting"),
        (
            #"{"query_api": {"tables": []}}"#,
            "settings: query_api.tables: expected an array of one table or more, found an array"
        ),
        (
            #"{"query_api": {"tables": "a"}}"#,
            "settings: query_api.tables: expected an array of one table or more, found \"a\""
        ),
        (
            #"{"query_api": {"tables": ["a,b"]}}"#,
            "settings: query_api.tables: expected one table in each text, found \"a,b\""
        ),
        (#"{"query_api": {"table": "a"}}"#, "settings: query_api.table: there is no such setting"),
    ])
    func aWrongSettingIsNamed(_ file: String, _ problem: String) {
        #expect {
            _ = try system(file)
        } throws: { error in
            "\(error)" == problem
        }
    }

    @Test func theSummaryShowsNoSQL() throws {
        let set = try system(#"{"run_query": {"sql": "SELECT secret"}, "query_api": {"tables": ["a", "b.*"]}}"#)
        #expect(set.summary.map { "\($0.name) \($0.value)" } == ["run_query SQL of 13 bytes", "query_api a, b.*"])
        #expect(try system("{}").summary.map(\.value) == ["not set", "not set"] && set.warnings.isEmpty)
    }

    @Test func sqlThatStopsTheStartIsAWarningForTheOthers() throws {
        let warnings = try system(#"{"run_query": {"sql": " ; "}}"#).warnings
        #expect(warnings == ["run_query.sql: there is no statement in it"])
    }
}
