import Alerting
import JSON
import Querying
import Settings
import Testing

@Suite struct HintsTests {
    private static func best(
        _ sql: String,
        _ settings: HintSettings = HintSettings(),
        change: (inout HintFacts) -> Void = { _ in }
    ) -> [Hint] {
        var facts = HintFixture.facts(sql)
        change(&facts)
        return Hints(facts, settings: settings).best
    }

    @Test func namesTheTableItsKeysAndTheConditions() {
        let hint = Self.best("select url from clicks where event_time > now() and user_id = 3")[0]
        #expect(
            hint.text
                == "`clicks` is partitioned by `day`, `hour`, and the query has no condition on any of them (its condition is on "
                + "`event_time`, `user_id`), so it reads all partitions. A condition on `day` reads only those that are needed."
        )
        #expect(hint.link == "https://docs.aws.amazon.com/athena/latest/ug/partitions.html")
        #expect(
            Self.best("select url from clicks where date(day) = current_date")[0].text.contains("inside of `date(…)`")
        )
        #expect(Self.best("select name from users")[0].text.contains("uncompressed CSV"))
        #expect(Self.best("select * from orders")[0].text.contains("all 30 columns of `orders`"))
        #expect(Self.best("select max(a) from small")[0].text.contains("about 1.1 MiB each"))
    }

    @Test func showsNoValue() {
        for sql in [
            "select * from clicks where name = 'secret'", "select * from clicks where substr(day, 1, 4) = 'secret'",
        ] {
            #expect(!Self.best(sql).isEmpty && !Self.best(sql).contains { $0.text.contains("secret") })
        }
        #expect(Self.best("select a from clicks where \"o`dd\" = 1")[0].text.contains("on `odd`"))
    }

    @Test func tellsOfTimeOnlyWhatWasMeasured() {
        let slow = { (facts: inout HintFacts) in
            facts.statistics.queueMilliseconds = 240_000
            facts.statistics.totalMilliseconds = 300_000
        }
        #expect(Self.best("select id from orders", change: slow).map(\.kind) == [.queue])
        #expect(Self.best("select id from orders", change: slow)[0].text.contains("240 s of its 300 s"))
        #expect(Self.best("select a from t where a = 'x", change: slow).map(\.kind) == [.queue])
        #expect(Self.best("select count(distinct id) from orders").isEmpty)
        #expect(
            Self.best("select count(distinct id) from orders") { $0.durationMilliseconds = 90_000 }.map(\.kind)
                == [.exactDistinct]
        )
        let read = { (facts: inout HintFacts) in
            facts.statistics.inputRows = 3_200_000_000
            facts.statistics.outputRows = 12
        }
        #expect(
            Self.best("select id from orders where id = 3", change: read)[0].text.contains(
                "3,200,000,000 rows and returned 12"
            )
        )
        #expect(Self.best("select count(*) from orders where id = 3", change: read).isEmpty)
        let planning = { (facts: inout HintFacts) in
            facts.statistics.planningMilliseconds = 50_000
            facts.statistics.totalMilliseconds = 60_000
        }
        #expect(
            Self.best("select url from clicks where day > '1'", change: planning).map(\.kind) == [.partitionProjection]
        )
        #expect(Self.best("select a from projected where dt > '1'", change: planning).isEmpty)
    }

    private static let habit: @Sendable (inout HintFacts) -> Void = { (facts: inout HintFacts) in
        facts.repetition = Repetition(runs: 4, resultAge: 2100)
        facts.cost = Money(3.13, .dollars)
    }

    @Test func aRepeatedStatementNamesTheAgeOfTheResultAndWhatReuseSaves() {
        #expect(
            Self.best("select id from orders", change: Self.habit)[0].text
                == "The same statement ran 4 times today, and when this run began, the latest result was 35 min old. "
                + "With result reuse for that time, Athena would have given that result and scanned nothing, about $3.13 less."
        )
        let free = Self.best("select id from orders") { $0.repetition = Repetition(runs: 3, resultAge: 1) }
        #expect(free[0].text.contains("was 1 min old") && free[0].text.hasSuffix("scanned nothing."))
        let cheap = Self.best("select id from orders") { facts in
            Self.habit(&facts)
            facts.cost = Money(0.001, .dollars)
        }
        #expect(cheap[0].text.hasSuffix("scanned nothing."))
        let redash = "/* Username: a, query_id: 1, Job ID: 0b, Query Hash: 9, Scheduled: False */ select id from orders"
        let hints = Self.best(redash, change: Self.habit)
        #expect(hints.map(\.kind) == [.repeatedStatement] && hints[0].text.contains("so Redash must first stop"))
        var settings = HintSettings()
        settings.off = [.repeatedStatement]
        #expect(Self.best(redash, settings, change: Self.habit).map(\.kind) == [.reuseComment])
        #expect(
            Self.best("select * from clicks where user_id = 7", change: Self.habit).map(\.kind)
                == [.repeatedStatement, .partitionFilter]
        )
    }

    /// Repeats for which no result could have been reused, or for which that is not sure.
    @Test(arguments: [
        "select id from orders where d > current_date", "select id from orders where rand() < 0.1",
        "select id from nowhere", "select id from trips", "insert into orders select id from small",
        "select 1", "select id from orders where id = 'x", "select id from mysql.web.orders",
        "explain select id from orders", "explain analyze select id from orders",
        "create table x as select id from orders",
    ])
    func trapsOfRepeatedStatements(_ sql: String) {
        #expect(!Self.best(sql, change: Self.habit).contains { $0.kind == .repeatedStatement })
    }

    @Test func aRepeatByChanceOrBesideAnotherRunIsNoHabit() {
        for repetition in [Repetition(runs: 2, resultAge: 60), Repetition(runs: 9, resultAge: -1)] {
            #expect(Self.best("select id from orders") { $0.repetition = repetition }.isEmpty)
        }
        #expect(Self.best("select id from orders limit 10", change: Self.habit).isEmpty)
    }

    @Test func tellsOfAWorkgroupWithoutALimitLast() throws {
        let open = try WorkgroupDefinition(
            parsing: #"{"WorkGroup": {"Name": "e`tl", "Configuration": {"EnforceWorkGroupConfiguration": true}}}"#.utf8
        )
        let limited = try WorkgroupDefinition(
            parsing: #"{"WorkGroup": {"Name": "etl", "Configuration": {"BytesScannedCutoffPerQuery": 10000000}}}"#.utf8
        )
        let cost = { (facts: inout HintFacts) in facts.cost = Money(5, .dollars) }
        let hints = Self.best("select id from orders") { facts in
            cost(&facts)
            facts.workgroup = open
        }
        #expect(hints.map(\.kind) == [.workgroupLimit] && hints[0].text.contains("The workgroup `etl` has no limit"))
        #expect(
            Self.best("select id from orders") { facts in
                cost(&facts)
                facts.workgroup = limited
            }.isEmpty
        )
        // Capacity is paid for already.
        #expect(Self.best("select id from orders") { $0.workgroup = open }.isEmpty)
        for text in [
            "{}", #"{"WorkGroup": {"Name": "x"}}"#,
            #"{"WorkGroup": {"Name": "x", "Configuration": {"BytesScannedCutoffPerQuery": "1"}}}"#,
        ] {
            #expect(throws: JSONError.self) { _ = try WorkgroupDefinition(parsing: text.utf8) }
        }
    }

    @Test func settingsTurnHintsOffAndChangeTheirLinks() throws {
        var settings = AlerterSettings()
        let json = try JSONValue(
            parsing: #"{"off": ["partition_filter"], "links": {"select_star": "https://wiki.example.com/star"}}"#.utf8
        )
        #expect(try settings.read("hints", Section(key: "hints", value: json)))
        let hints = Self.best("select * from clicks where user_id = 7", settings.hints)
        #expect(hints.map(\.kind) == [.selectStar] && hints[0].link == "https://wiki.example.com/star")
        for (text, key) in [
            (#"{"off": ["partitions"]}"#, "hints.off[0]"), (#"{"links": {"queue": "http://x"}}"#, "hints.links.queue"),
            (#"{"links": {"x": "https://x"}}"#, "hints.links.x"), (#"{"on": []}"#, "hints.on"),
        ] {
            let value = try JSONValue(parsing: text.utf8)
            let error = #expect(throws: SettingsError.self) {
                _ = try settings.read("hints", Section(key: "hints", value: value))
            }
            #expect(error?.key == key)
        }
    }

    @Test func readsViewsAndOtherTablesAsGlueTellsOfThem() throws {
        let encoded = "eyJvcmlnaW5hbFNxbCI6IlNFTEVDVCAxIEFTIGEiLCJzY2hlbWEiOiJMYWtlIn0="
        // {"originalSql":"SELECT 1 AS a","schema":"Lake"}
        let json: JSONValue = [
            "Name": "V", "DatabaseName": "Web", "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": .string("/* Presto View: \(encoded) */"),
        ]
        let view = try TableDefinition(json: json)
        #expect(view.name == TableName(database: "web", table: "v"))
        #expect(view.view == View(sql: "SELECT 1 AS a", database: "lake"))
        let federated = try TableDefinition(json: ["Name": "t", "FederatedTable": ["Identifier": "x"]])
        #expect(federated.isFederated && federated.format == nil && federated.files == nil)
    }

    @Test(arguments: [
        #"{}"#, #"{"Table": []}"#, #"{"Name": 1}"#, #"{"Name": "t", "PartitionKeys": [{}]}"#,
        #"{"Name": "t", "StorageDescriptor": 3}"#,
    ])
    func refusesWhatIsNoTable(_ text: String) throws {
        let json = try JSONValue(parsing: text.utf8)
        #expect(throws: JSONError.self) { _ = try TableDefinition(json: json) }
    }
}
