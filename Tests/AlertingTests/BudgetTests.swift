import Settings
import Testing
import Time
import TimeFixture

@testable import Alerting

@Suite struct BudgetTests {
    static func settings(_ budgets: String) throws(SettingsError) -> AlerterSettings {
        var settings = AlerterSettings()
        try Section(file: #"{"budgets": \#(budgets)}"#.utf8).read { name, value throws(SettingsError) in
            try settings.read(name, value) { _ in TimeZoneFixture.zone("CET-1CEST,M3.5.0,M10.5.0/3") }
        }
        return settings
    }

    @Test func aSumThatIsTooLargeStaysAtTheGreatestNumber() {
        var most = Spending()
        most.bytes = .max
        most.queries = .max
        #expect(most + most == most)
    }

    @Test func aQueryEndsWhenAthenaSaysSo() {
        var query = Self.query(at: "2026-11-14 23:59:30")
        query.durationMilliseconds = 29_500
        #expect(query.endTime == Timestamp(dateAndTime: "2026-11-14 23:59:59").map { $0 + .milliseconds(500) })
        query.completionTimestamp = "2026-11-15 00:00:00"
        #expect(query.endTime == Timestamp(dateAndTime: "2026-11-15 00:00:00"))
    }

    static func query(
        _ id: String = "q",
        user: String = "ada",
        cost: Double? = nil,
        bytes: Int64 = 0,
        at end: String = "2026-11-14 10:02:00"
    ) -> FinishedQuery {
        let key = QueryKey(startDate: String(end.prefix(10)), startTimestamp: end, executionID: id)
        var query = FinishedQuery(
            key: key,
            state: QueryState(rawValue: "SUCCEEDED"),
            user: user,
            dataScanned: bytes
        )
        query.cost = cost.map { .billed(Money($0, .dollars)) }
        return query
    }

    private func keys(_ settings: AlerterSettings, _ query: FinishedQuery) -> [String] {
        settings.budgets.sums(of: query, timeZone: settings.timeZone, now: Timestamp(secondsSince1970: 0))
            .map { "\($0.key.hash) \($0.key.range)" }
    }

    @Test func aQueryCountsIntoEveryBudgetThatIsAboutIt() throws {
        let settings = try Self.settings(
            """
            [{"name": "analysts", "per": "user", "match": {"workgroup": "ana*"}, "limit": "$50", "every": "month"},
             {"name": "athena", "limit": "10 TiB", "every": "day"},
             {"name": "weekly", "limit": 1, "every": "week", "per": "database"}]
            """
        )
        var query = Self.query()
        #expect(keys(settings, query) == ["budget#athena 2026-11-14#all"])
        query.workgroup = "Analysts"
        query.database = "sales"
        #expect(
            keys(settings, query) == [
                "budget#analysts 2026-11#ada", "budget#athena 2026-11-14#all", "budget#weekly 2026-W46#sales",
            ]
        )
    }

    @Test(arguments: [
        // Midnight, the change of the clocks, and the end of a month in Berlin.
        ("2026-10-31 22:59:59", "2026-10", "2026-10-31"), ("2026-10-31 23:00:00", "2026-11", "2026-11-01"),
        ("2026-03-28 23:00:00", "2026-03", "2026-03-29"), ("2026-03-29 21:59:59", "2026-03", "2026-03-29"),
        ("2026-03-29 22:00:00", "2026-03", "2026-03-30"), ("2026-03-31 21:59:59", "2026-03", "2026-03-31"),
        ("2026-03-31 22:00:00", "2026-04", "2026-04-01"), ("2026-10-24 22:00:00", "2026-10", "2026-10-25"),
        ("2026-10-25 22:59:59", "2026-10", "2026-10-25"), ("2026-10-25 23:00:00", "2026-10", "2026-10-26"),
    ])
    func aPeriodBeginsAtMidnightOfItsZone(_ end: String, _ month: String, _ day: String) throws {
        let zone = #""time_zone": "Europe/Berlin""#
        let settings = try Self.settings(
            #"[{"name":"m","limit":1,"every":"month",\#(zone)},{"name":"d","limit":1,"every":"day",\#(zone)}]"#
        )
        #expect(keys(settings, Self.query(at: end)) == ["budget#m \(month)#all", "budget#d \(day)#all"])
    }

    @Test func aQueryCountsWhenItEnded() throws {
        let settings = try Self.settings(#"[{"name":"m","limit":1,"every":"month"}]"#)
        var query = Self.query(at: "2026-10-31 23:59:00")
        #expect(keys(settings, query) == ["budget#m 2026-10#all"])
        query.durationMilliseconds = 60_000
        #expect(keys(settings, query) == ["budget#m 2026-11#all"])
        query.submissionTimestamp = "2026-10-31 23:58:59"
        #expect(keys(settings, query) == ["budget#m 2026-10#all"])
    }

    @Test(arguments: [
        ("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53"), ("2027-01-04", "2027-W01"), ("2024-12-30", "2025-W01"),
        ("2026-11-26", "2026-W48"),
    ])
    func aWeekHasItsISONumber(_ day: String, _ week: String) throws {
        let time = try #require(Timestamp(date: day))
        let period = BudgetPeriod(.week, around: time, in: .utc)
        #expect(period.key == week)
        #expect(BudgetPeriod(week, of: .week, in: .utc) == period)
    }

    @Test func aPeriodIsFoundByItsKeyInEveryZone() throws {
        let zones = try ["<-12>12", "<+14>-14", "CET-1CEST,M3.5.0,M10.5.0/3", "UTC0"].map {
            try #require(TimeZoneFixture.zone($0))
        }
        for zone in zones {
            for hour in 0..<24 * 32 {
                let time = Timestamp(secondsSince1970: 1_772_300_000 + Int64(hour) * 3600)
                for unit in TimeZone.CalendarUnit.allCases {
                    let period = BudgetPeriod(unit, around: time, in: zone)
                    #expect(period.start <= time && time < period.end)
                    #expect(BudgetPeriod(period.key, of: unit, in: zone) == period)
                    #expect(period.previous.end == period.start)
                }
            }
        }
        for key in ["", "2026", "2026-13", "2026-11-26", "2026-W48", "x-W01"] {
            #expect(BudgetPeriod(key, of: .month, in: .utc) == nil)
        }
        #expect(BudgetPeriod("2026-W54", of: .week, in: .utc) == nil)
    }

    @Test func anySubjectHasAKey() throws {
        let settings = try Self.settings(#"[{"name":"d","per":"user","limit":1,"every":"day"}]"#)
        for user in ["ada", "zoë 日本 👩‍👩‍👧‍👦", "a#b", "\u{0}\n", "all"] {
            #expect(keys(settings, Self.query(user: user)) == ["budget#d 2026-11-14#\(user)"])
        }
        #expect(keys(settings, Self.query(user: "")) == [])
        for long in [String(repeating: "é", count: 2000), "e" + String(repeating: "\u{301}", count: 2000)] {
            let key = try #require(keys(settings, Self.query(user: long)).first)
            #expect(key.utf8.count <= 1000 && key.utf8.count > 100)
        }
        // Unicode calls these equal, and the table does not.
        let sums = ["\u{E9}", "e\u{301}"].flatMap {
            settings.budgets.sums(of: Self.query(user: $0), timeZone: .utc, now: .now)
        }
        #expect(sums[0].key != sums[1].key && Set(sums.map(\.key)).count == 2)
    }

    @Test(arguments: [
        (#"[{"limit":1,"every":"day"}]"#, "budgets[0]: expected the member name, found none"),
        (#"[{"name":"a","every":"day"}]"#, "budgets[0]: expected the member limit, found none"),
        (#"[{"name":"a","limit":1}]"#, "budgets[0]: expected the member every, found none"),
        (
            #"[{"name":"a","limit":1,"every":"day"},{"name":"a","limit":1,"every":"day"}]"#,
            "budgets[1].name: 'a' is an earlier budget's name"
        ),
        (
            #"[{"name":"a","limit":"much","every":"day"}]"#,
            #"budgets[0].limit: expected an amount such as "$50", a size such as "10 TiB", or a number of bytes, "#
                + #"found "much""#
        ),
        (
            #"[{"name":"a","limit":1,"every":"year"}]"#,
            #"budgets[0].every: expected "day" or "month" or "week", found "year""#
        ),
        (
            #"[{"name":"a","limit":1,"every":"day","per":"session"}]"#,
            #"budgets[0].per: expected one of "user", "role", "tool", "workgroup", "database", "account", "region", "#
                + #""all", found "session""#
        ),
        (
            #"[{"name":"a","limit":1,"every":"day","steps":[80,50]}]"#,
            "budgets[0].steps: expected percentages in rising order, found an array"
        ),
        (
            #"[{"name":"a","limit":1,"every":"day","steps":[0]}]"#,
            "budgets[0].steps[0]: expected a whole number from 1 to 10000, found 0"
        ),
        (
            #"[{"name":"a","limit":1,"every":"day","notify":"user"}]"#,
            "budgets[0].notify: only a budget per user has a user to tell"
        ),
        (
            #"[{"name":"a","limit":1,"every":"day","runbook":"http://x"}]"#,
            #"budgets[0].runbook: expected a URL that begins with https://, found "http://x""#
        ),
        (#"[{"name":"a","limit":1,"every":"day","step":1}]"#, "budgets[0].step: there is no such setting"),
    ])
    func aMistakeIsNamedWithItsKey(_ budgets: String, _ problem: String) {
        let error = #expect(throws: SettingsError.self) { try Self.settings(budgets) }
        #expect(error?.description == "settings: \(problem)")
    }

    @Test func thereAreAtMostFiftyBudgets() throws {
        func budgets(_ count: Int) -> String {
            "[" + (0..<count).map { #"{"name":"\#($0)","limit":1,"every":"day"}"# }.joined(separator: ",") + "]"
        }
        #expect(try Self.settings(budgets(50)).budgets.budgets.count == 50)
        #expect(throws: SettingsError.self) { try Self.settings(budgets(51)) }
    }

    @Test(arguments: [
        (
            #"{"name":"a","per":"user","match":{"workgroup":"bi","tool":["x","y*"]},"limit":"$50","every":"month"}"#,
            "$50.00 a month (UTC) for each user, where tool is x or y* and workgroup is bi; "
                + "at 50%, 80%, 100% the user hears"
        ),
        (
            ##"{"name":"a","limit":"10 TiB","every":"day","steps":[80,120],"channel":"#c","time_zone":"Test/Zone"}"##,
            "10.0 TiB a day (Test/Zone) for all together; at 80%, 120% #c hears"
        ),
        (
            #"{"name":"a","limit":0,"every":"week"}"#,
            "0 B a week (UTC) for all together; at 50%, 80%, 100% nobody hears: there is no channel"
        ),
    ])
    func theMeaningIsSaidInWords(_ budget: String, _ words: String) throws {
        let settings = try Self.settings("[\(budget)]")
        #expect(settings.budgets.budgets[0].meaning(in: settings) == words)
    }
}
