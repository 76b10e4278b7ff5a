import Alerting
import CloudTrail
import Settings
import Testing
import Time

@testable import Alerter

/// The sums and suggestions of `preview`, by values.
struct PreviewTests {
    private static let gibibyte: Int64 = 1 << 30

    private func query(
        _ user: String = "ada",
        gibibytes: Int64 = 1,
        day: String = "2026-03-05",
        type: Person.Kind = .person
    ) -> FinishedQuery {
        let key = QueryKey(
            startDate: day,
            startTimestamp: "\(day) 14:30:07",
            executionID: "\(user)-\(day)-\(gibibytes)"
        )
        var query = FinishedQuery(
            key: key,
            state: .succeeded,
            user: user,
            dataScanned: gibibytes * Self.gibibyte,
            sql: "SELECT 1"
        )
        query.userType = type
        query.region = "eu-west-1"
        query.cost = Price(perTB: 5).cost(of: query)
        return query
    }

    private func settings() throws -> AlerterSettings {
        var settings = AlerterSettings()
        settings.slack.botToken = try Secret("xoxb-1", key: "k")
        settings.slack.channel = "#athena"
        settings.slack.emailDomain = "example.com"
        settings.thresholds = .init(user: Threshold("10 GiB"), channel: Threshold("100 GiB"))
        return settings
    }

    @Test func alertsHaveTheReceiversOfTheHandlers() throws {
        let settings = try settings()
        #expect(PreviewAlert.alerts(of: query(gibibytes: 9), settings: settings) == [])
        let person = PreviewAlert(target: .user, receiver: .person("ada@example.com"))
        #expect(PreviewAlert.alerts(of: query(gibibytes: 10), settings: settings) == [person])
        let channel = PreviewAlert(target: .channel, receiver: .channel("#athena"))
        #expect(PreviewAlert.alerts(of: query(gibibytes: 100), settings: settings) == [channel, person])
        let program = PreviewAlert(target: .user, receiver: .nobody(.notAPerson))
        #expect(PreviewAlert.alerts(of: query("etl", gibibytes: 10, type: .role), settings: settings) == [program])
    }

    @Test func withoutATokenNobodyHearsInPerson() throws {
        var settings = try settings()
        settings.slack.botToken = nil
        let alerts = PreviewAlert.alerts(of: query(gibibytes: 100), settings: settings)
        #expect(alerts?.map(\.receiver) == [.nobody(.targetNotSet), .nobody(.targetNotSet)])
        settings.slack.webhookURL = try Secret("https://hooks.slack.com/a", key: "k")
        let posted = PreviewAlert.alerts(of: query(gibibytes: 100), settings: settings)
        #expect(posted?.first?.receiver == .channel("the webhook's channel"))
    }

    @Test func aNameWithoutAnAddressIsListed() throws {
        var settings = try settings()
        settings.slack.emailDomain = nil
        var report = PreviewReport(settings: settings)
        report.add(query("ada"))
        #expect(report.lines.contains("1 people have no address yet (athena-alerter who): ada"))
    }

    @Test func theSuggestedSizeIsAboveTheSecondLargestQueryOfEveryWeek() throws {
        var report = PreviewReport(settings: try settings())
        // Monday and Sunday of one week, and the Monday after it.
        for (size, day) in [(500, "2026-03-02"), (70, "2026-03-08"), (60, "2026-03-09")] {
            report.add(query(gibibytes: Int64(size), day: day))
        }
        report.add(query("alan", gibibytes: 400, day: "2026-03-02"))
        let size = try #require(report.weeklySize)
        #expect(size.bytes > 70 * Self.gibibyte && size.bytes < 75 * Self.gibibyte)
    }

    @Test(arguments: [1, 9, 1023, 1024, 1100, 123_456])
    func theSuggestedSizeIsTheOneThatIsWritten(_ gibibytes: Int64) throws {
        var report = PreviewReport(settings: try settings())
        report.add(query(gibibytes: gibibytes))
        report.add(query(gibibytes: gibibytes))
        let size = try #require(report.weeklySize)
        #expect(ByteSize("\(size)") == size && size.bytes > gibibytes * Self.gibibyte)
    }

    @Test func onlyTheTenDearestAreKeptInOrder() throws {
        var report = PreviewReport(settings: try settings())
        for size in [3, 12, 1, 9, 15, 7, 20, 2, 8, 11, 30, 5] as [Int64] { report.add(query(gibibytes: size * 1024)) }
        let lines = report.lines.filter { $0.contains(" TiB  2026") }
        let sizes = [30, 20, 15, 12, 11, 9, 8, 7, 5, 3]
        #expect(lines.count == 10 && zip(lines, sizes).allSatisfy { $0.contains("  \($1).0 TiB") })
    }

    @Test func countsAddUp() throws {
        var report = PreviewReport(settings: try settings())
        report.add(query(gibibytes: 10))
        report.add(query("alan", gibibytes: 10))
        report.add(query("etl", gibibytes: 10, type: .role))
        report.add(.running)
        report.add(.forgotten)
        let text = report.lines.joined(separator: "\n")
        #expect(text.contains("3 queries of 2 people and 1 program scanned 30.0 GiB for $0.15."))
        #expect(text.contains("1 more still run.") && text.contains("1 more are forgotten by Athena"))
        #expect(text.contains("to 2 people: 2, most on 2026-03-05: 2") && text.contains("to 0 channels: 0"))
        #expect(text.contains("without a receiver: 1") && text.contains("1  nobody (NotAPerson)"))
    }

    @Test func aBudgetTellsOfEachStepOnce() throws {
        var settings = try settings()
        settings.budgets = Budgets([
            Budget(name: "people", limit: .size(ByteSize(bytes: 100 << 30)), every: .month, per: .user)
        ])
        var budgets = PreviewBudgets(settings: settings)
        // In another order than that of time: 30, 60 (50%), 85 (80%), 86, 300 (100%).
        for (size, day) in [(214, "09"), (30, "02"), (25, "06"), (1, "07"), (30, "04")] {
            budgets.add(query(gibibytes: Int64(size), day: "2026-03-\(day)"))
        }
        budgets.add(query("alan", gibibytes: 400, day: "2026-03-05"))
        budgets.add(query(gibibytes: 49, day: "2026-04-01"))
        let outcome = budgets.outcome
        let notices = outcome.notices.filter { $0.target == .channel }
        #expect(notices.map(\.time.date) == ["2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09"])
        #expect(notices.map(\.step) == [50, 100, 80, 100])
        #expect(notices.map(\.standing.sum.subject) == ["ada", "alan", "ada", "ada"])
        #expect(outcome.notices.count == 8 && notices.allSatisfy { $0.receiver == .channel("#athena") })
        let personal = outcome.notices.filter { $0.target == .user }
        #expect(Set(personal.map(\.receiver)) == [.person("ada@example.com"), .person("alan@example.com")])
        let periods = try #require(outcome.periods["people"])
        #expect(periods.map(\.period.key) == ["2026-03", "2026-04"])
        #expect(periods.map(\.queries) == [6, 1] && periods.map(\.sums) == [2, 1])
        #expect(periods.map(\.highest.sum.subject) == ["alan", "ada"])
    }

    @Test func theReportTellsWhatBudgetsWouldHaveSaid() throws {
        var settings = try settings()
        #expect(!PreviewReport(settings: settings).lines.contains("Budgets"))
        settings.budgets = Budgets([
            Budget(name: "all", limit: .money(Money(1, .dollars)), every: .day),
            Budget(name: "none", limit: .money(Money(1, .dollars)), every: .month, per: .tool),
        ])
        var report = PreviewReport(settings: settings)
        for day in 10...22 { report.add(query(gibibytes: day == 12 ? 164 : 10, day: "2026-03-\(day)")) }
        let lines = report.lines.drop { $0 != "Budgets" }.prefix { !$0.isEmpty }
        #expect(lines.contains("    12 March: 1 query; $0.80 of $1.00, 80%"))
        #expect(lines.contains("    … and 3 periods that used less"))
        #expect(lines.contains("    1 notice:"))
        let notice =
            "2026-03-12 14:30:07  all 2026-03-12  80%  channel  #athena  80% of the budget all for 12 March is used"
        #expect(lines.contains("      \(notice): $0.80 of $1.00"))
        #expect(lines.suffix(2) == ["    no query counts into it", "    no notice"])
    }

    @Test func theLastDayIsWhole() throws {
        let days = try #require(Days("2026-03-05..2026-03-06"))
        #expect(days.start.dateAndTime == "2026-03-05 00:00:00" && days.end.dateAndTime == "2026-03-06 23:59:59")
        #expect(days.contains("2026-03-06") && !days.contains("2026-03-07"))
        let now = try #require(Timestamp(dateAndTime: "2026-03-06 14:30:07"))
        #expect(Days(from: now - .days(1), to: now) == days)
    }
}
