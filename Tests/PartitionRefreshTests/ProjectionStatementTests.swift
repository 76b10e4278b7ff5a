import Partitions
import Testing

@testable import PartitionRefresh

@Suite struct ProjectionStatementTests {
    private func settings(_ layouts: [String], table: String?) throws -> PartitionRefreshSettings {
        var settings = PartitionRefreshSettings()
        settings.buckets = ["b": .init(table: table, layouts: try layouts.map { try PartitionLayout($0) })]
        return settings
    }

    @Test func aTableThatTheKeyNamesHasItsLocationInTheLayout() throws {
        let settings = try settings(["{table}/year={yyyy}/month={MM}"], table: nil)
        let sql = try ProjectionStatement(table: "Clicks", location: nil, settings: settings).sql
        #expect(sql.contains("clicks") && sql.contains("projection.enabled"))
        #expect(throws: ProjectionStatement.Failure.self) {
            try ProjectionStatement(table: "clicks", location: "s3://b/x/", settings: settings)
        }
    }

    @Test(arguments: [nil, "s3://other/x/", "x"])
    func aTableOfTheSettingsNeedsALocationInItsBucket(_ location: String?) throws {
        let settings = try settings(["dt={yyyy}-{MM}-{dd}"], table: "clicks")
        #expect(throws: ProjectionStatement.Failure.self) {
            try ProjectionStatement(table: "clicks", location: location, settings: settings)
        }
    }

    @Test func oneBucketAndOneLayoutAreNeeded() throws {
        #expect(throws: ProjectionStatement.Failure.self) {
            try ProjectionStatement(table: "t", location: nil, settings: PartitionRefreshSettings())
        }
        let two = try settings(["dt={yyyy}-{MM}-{dd}", "day={yyyy}-{MM}-{dd}"], table: "t")
        #expect(throws: ProjectionStatement.Failure.self) {
            try ProjectionStatement(table: "t", location: "s3://b/t/", settings: two)
        }
    }
}
