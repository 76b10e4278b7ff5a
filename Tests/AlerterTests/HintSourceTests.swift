import Alerting
import JSON
import LambdaRuntime
import Testing
import Time

@testable import AWS
@testable import Alerter

/// A catalog and Athena, which count their calls and can fail or be slow.
private final class FakeServices: TableCatalog, ExecutionStatistics {
    var tables: [String: JSONValue] = [:]
    var statistics: JSONValue = ["QueryRuntimeStatistics": [:]]
    var workgroups: [String: JSONValue] = [:]
    var failure: AWSError?
    var asked: [String] = []
    var time: Duration = .zero

    func description(
        of table: String,
        in database: String,
        region: String?,
        before deadline: Deadline
    ) throws(AWSError) -> JSONValue? {
        asked.append("\(region ?? "")/\(database).\(table)")
        time = max(time, deadline.remaining)
        if let failure { throw failure }
        return tables[table]
    }

    func runtimeStatistics(of id: String, region: String?, before deadline: Deadline) throws(AWSError) -> JSONValue? {
        asked.append("\(region ?? "")/\(id)")
        time = max(time, deadline.remaining)
        if let failure { throw failure }
        return statistics
    }

    func workgroup(_ name: String, region: String?, before deadline: Deadline) throws(AWSError) -> JSONValue? {
        asked.append("\(region ?? "")/workgroup \(name)")
        time = max(time, deadline.remaining)
        if let failure { throw failure }
        return workgroups[name]
    }
}

@Suite struct HintSourceTests {
    private let services = FakeServices()
    private let source: HintSource

    init() {
        services.tables["clicks"] = [
            "Name": "clicks", "DatabaseName": "web", "PartitionKeys": [["Name": "day", "Type": "string"]],
        ]
        source = HintSource(catalog: services, statistics: services, settings: HintSettings())
    }

    private func kinds(
        _ sql: String?,
        id: String,
        to target: AlertTarget = .user,
        on day: AlertDay? = nil,
        change: (inout FinishedQuery) -> Void = { _ in }
    ) -> [Hint.Kind] {
        var query = FinishedQuery(
            key: QueryKey(startDate: "2026-01-01", startTimestamp: "2026-01-01 00:00:00", executionID: id),
            state: .succeeded,
            user: "ada",
            dataScanned: 1 << 40,
            sql: sql
        )
        query.database = "Web"
        query.region = "eu-west-1"
        change(&query)
        return source.hints(for: query, to: target, on: day, before: .after(.seconds(60))).map(\.kind)
    }

    @Test func asksForEachTableOnceAnHourAlsoWhereThereIsNone() {
        #expect(kinds("select a from clicks", id: "1") == [.partitionFilter])
        #expect(kinds("select b from clicks, nowhere n where n.x = clicks.y", id: "2") == [.partitionFilter])
        #expect(kinds("select b from nowhere", id: "3") == [])
        let tables = services.asked.filter { $0.contains(".") }.sorted()
        #expect(tables == ["eu-west-1/web.clicks", "eu-west-1/web.nowhere"])
        #expect(services.asked.filter { !$0.contains(".") } == ["eu-west-1/1", "eu-west-1/2", "eu-west-1/3"])
    }

    @Test func asksNothingTwiceForOneQuery() {
        for _ in 0..<2 { #expect(kinds("select a from clicks", id: "1") == [.partitionFilter]) }
        #expect(services.asked.count == 2)
    }

    @Test func usesWhatAthenaMeasured() {
        services.statistics = [
            "QueryRuntimeStatistics": [
                "Timeline": ["QueryQueueTimeInMillis": 240_000, "TotalExecutionTimeInMillis": 300_000]
            ]
        ]
        #expect(kinds("select a from clicks", id: "1") == [.partitionFilter, .queue])
        services.statistics = ["QueryRuntimeStatistics": ["Timeline": 3]]
        #expect(kinds("select a from clicks", id: "2") == [.partitionFilter])
    }

    @Test func leavesAWSAloneAfterAFailureAndReportsItOnce() {
        services.failure = unavailable
        for id in ["1", "2", "3"] {
            #expect(kinds("select a from clicks order by 1 limit 3", id: id) == [.limitAfterAll])
        }
        #expect(services.asked == ["eu-west-1/web.clicks", "eu-west-1/1"])
        let metrics = Metrics()
        for _ in 0..<2 { source.report(to: context(metrics)) }
        #expect(metrics["HintLookupsFailed"] == 2)
    }

    @Test func takesAShortShareOfTheTime() {
        _ = kinds("select a from clicks", id: "1")
        #expect(services.time > .seconds(1) && services.time <= .seconds(2))
        services.time = .zero
        var query = FinishedQuery(
            key: QueryKey(startDate: "d", startTimestamp: "t", executionID: "2"),
            state: .succeeded,
            user: "ada",
            dataScanned: 1,
            sql: "select 1"
        )
        _ = source.hints(for: query, to: .user, on: nil, before: .after(.seconds(5)))
        #expect(services.time <= .seconds(1))
        query.key = QueryKey(startDate: "d", startTimestamp: "t", executionID: "3")
        #expect(source.hints(for: query, to: .user, on: nil, before: .after(.milliseconds(300))).isEmpty)
        #expect(services.asked.count == 3)
    }

    @Test func asksNothingWithoutAWholeText() {
        #expect(kinds(nil, id: "1").isEmpty && kinds("select a from clicks", id: "2") { $0.isSQLCut = true }.isEmpty)
        #expect(kinds("select a from clicks", id: "3") { $0.dataScanned = 0 }.isEmpty)
        #expect(kinds("select a from clicks", id: "4") { $0.catalog = "mysql" }.isEmpty)
        #expect(services.asked == ["eu-west-1/4"])
    }

    private static func inWorkgroup(_ query: inout FinishedQuery) {
        query.workgroup = "etl"
        query.cost = .billed(Money(5, .dollars))
    }

    private var workgroupCalls: Int { services.asked.count { $0 == "eu-west-1/workgroup etl" } }

    @Test func theChannelHearsOnceADayOfAWorkgroupWithoutALimit() {
        services.workgroups["etl"] = ["WorkGroup": ["Name": "etl", "Configuration": [:]]]
        #expect(kinds("select 1", id: "1", change: Self.inWorkgroup).isEmpty)
        #expect(workgroupCalls == 0)
        // An alert that is posted anew says the same.
        for _ in 0..<2 {
            #expect(kinds("select 1", id: "1", to: .channel, change: Self.inWorkgroup) == [.workgroupLimit])
        }
        #expect(kinds("select 1", id: "2", to: .channel, change: Self.inWorkgroup).isEmpty)
        #expect(workgroupCalls == 1)
    }

    @Test func aWorkgroupIsAskedForOnceAnHourAlsoWhereThereIsNone() {
        for id in ["1", "2"] { #expect(kinds("select 1", id: id, to: .channel, change: Self.inWorkgroup).isEmpty) }
        services.workgroups["etl"] = [
            "WorkGroup": ["Name": "etl", "Configuration": ["BytesScannedCutoffPerQuery": 10_000_000]]
        ]
        #expect(workgroupCalls == 1)
        let limited = HintSource(catalog: services, statistics: services, settings: HintSettings())
        var query = FinishedQuery(
            key: QueryKey(startDate: "d", startTimestamp: "t", executionID: "3"),
            state: .succeeded,
            user: "ada",
            dataScanned: 1,
            sql: "select 1"
        )
        Self.inWorkgroup(&query)
        for _ in 0..<2 {
            #expect(limited.hints(for: query, to: .channel, on: nil, before: .after(.seconds(60))).isEmpty)
            query.key = QueryKey(startDate: "d", startTimestamp: "t", executionID: "4")
        }
        #expect(services.asked.count { $0 == "/workgroup etl" } == 1)
    }

    /// No call is made where other hints fill an alert, the query costs nothing by bytes, or the hint is off.
    @Test func noWorkgroupIsAskedForInVain() {
        #expect(kinds("select 1", id: "1", to: .channel) { $0.workgroup = "etl" }.isEmpty)
        services.tables["clicks"] = [
            "Name": "clicks", "DatabaseName": "web", "PartitionKeys": [["Name": "day", "Type": "string"]],
            "StorageDescriptor": ["SerdeInfo": ["SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"]],
        ]
        #expect(
            kinds("select a from clicks", id: "2", to: .channel, change: Self.inWorkgroup) == [
                .partitionFilter, .rowFormat,
            ]
        )
        #expect(workgroupCalls == 0)
    }

    @Test func aDeniedWorkgroupLeavesTheOtherHintsAlone() {
        services.tables["t"] = ["Name": "t", "DatabaseName": "web"]
        #expect(kinds("select a from t", id: "1").isEmpty)
        services.failure = unavailable
        #expect(kinds("select a from t", id: "1", to: .channel, change: Self.inWorkgroup).isEmpty)
        services.failure = nil
        #expect(kinds("select a from clicks", id: "2", to: .channel, change: Self.inWorkgroup) == [.partitionFilter])
        #expect(workgroupCalls == 1)
    }

    @Test func countsTheRunsOfAStatementPerPlace() throws {
        var query = FinishedQuery(
            key: QueryKey(startDate: "d", startTimestamp: "t", executionID: "1"),
            state: .succeeded,
            user: "ada",
            dataScanned: 1,
            sql: "select a from clicks"
        )
        let one = try #require(source.fingerprint(of: query))
        query.workgroup = "etl"
        #expect(source.fingerprint(of: query) != one)
        query.isSQLCut = true
        #expect(source.fingerprint(of: query) == nil)
        var settings = HintSettings()
        settings.off = [.repeatedStatement]
        let silent = HintSource(catalog: services, statistics: services, settings: settings)
        query.isSQLCut = false
        #expect(silent.fingerprint(of: query) == nil)
    }
}
