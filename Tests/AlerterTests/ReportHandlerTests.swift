import Alerting
import JSON
import LambdaRuntime
import Reporting
import Testing
import Time

@testable import AWS
@testable import Alerter

@Suite struct ReportHandlerTests {
    private let rows = FakeRows()
    private let history = FakeHistory()
    private let metrics = Metrics()

    /// The sums of budgets: one subject has used half of each.
    private struct FakeSums: BudgetSums {
        var isBroken = false

        func states(
            of budget: Budget,
            in period: BudgetPeriod,
            before deadline: Deadline
        ) throws(AWSError) -> [BudgetState] {
            if isBroken { throw unavailable }
            let sum = BudgetSum(budget: budget, period: period, subject: "ada")
            return budget.per == nil ? [] : [BudgetState(sum, ["cost_usd": .number("5"), "queries": .integer(1)])]
        }
    }

    private func run(_ event: JSONValue = ["detail-type": "Scheduled Event"], at now: String = "2026-11-26") throws {
        let time = try #require(Timestamp(date: now)) + .seconds(3600)
        let handler = ReportHandler(table: rows, history: history, settings: ReportSettings(), now: { time })
        _ = try handler.handle(event, context(metrics))
    }

    private func query(_ id: String, on day: String, dollars: Double = 2) -> FinishedQuery {
        let key = QueryKey(startDate: day, startTimestamp: "\(day) 10:00:00", executionID: id)
        var query = FinishedQuery(
            key: key,
            state: .succeeded,
            user: "ada",
            dataScanned: 1 << 30,
            sql: "select 'secret'"
        )
        query.cost = .billed(Money(dollars, .dollars))
        return query
    }

    @Test func theLastThreeDaysAreWrittenWithTheirSumsAndPages() throws {
        for day in 20...26 {
            rows.days["2026-11-\(day)"] = [
                query("a\(day)", on: "2026-11-\(day)"), query("b\(day)", on: "2026-11-\(day)"),
            ]
        }
        try run()
        let written = history.objects.keys.sorted()
        #expect(
            written == [
                "pages/month/2026-11.html", "pages/week/2026-W48.html",
                "queries/dt=2026-11-23/queries.json.gz", "queries/dt=2026-11-24/queries.json.gz",
                "queries/dt=2026-11-25/queries.json.gz", "sums/dt=2026-11-23/sums.json.gz",
                "sums/dt=2026-11-24/sums.json.gz", "sums/dt=2026-11-25/sums.json.gz",
            ]
        )
        #expect(metrics["HistoryQueries"] == 6)
        #expect(metrics["HistoryDaysWritten"] == 3)
        #expect(metrics["PagesWritten"] == 2)
        let lines = try history.lines("queries/dt=2026-11-24/queries.json.gz")
        #expect(lines.count == 2)
        #expect(!lines.joined().contains("secret"))
        #expect(history.page("month/2026-11").contains("<dd>$12.00</dd>"))
    }

    @Test func aRunThatComesTwiceLeavesTheSameBytes() throws {
        rows.days["2026-11-24"] = [query("a", on: "2026-11-24")]
        try run()
        let first = history.objects
        try run()
        #expect(history.objects == first)
    }

    @Test func aQueryThatComesLateIsInTheNextRun() throws {
        rows.days["2026-11-24"] = [query("a", on: "2026-11-24")]
        try run()
        rows.days["2026-11-24"]?.append(query("late", on: "2026-11-24", dollars: 5))
        try run(at: "2026-11-27")
        #expect(try history.lines("queries/dt=2026-11-24/queries.json.gz").count == 2)
        #expect(history.page("month/2026-11").contains("<dd>$7.00</dd>"))
    }

    @Test func aDayThatFailsHarmsNoOtherAndTheNextRunRepairsIt() throws {
        for day in 23...25 { rows.days["2026-11-\(day)"] = [query("\(day)", on: "2026-11-\(day)")] }
        rows.broken = ["2026-11-24"]
        #expect(throws: HandlerError.self) { try run() }
        #expect(metrics["HistoryDaysWritten"] == 2)
        #expect(metrics["HistoryDaysFailed"] == 1)
        #expect(history.page("month/2026-11").contains("<dd>$4.00</dd>"))
        rows.broken = []
        try run()
        #expect(history.page("month/2026-11").contains("<dd>$6.00</dd>"))
    }

    @Test(
        arguments: [
            "queries/dt=2026-11-24/queries.json.gz", "sums/dt=2026-11-24/sums.json.gz", "sums/",
            "pages/month/2026-11.html",
        ]
    )
    func aCallThatFailsFailsTheRunAndTheNextLeavesWhatARunWithoutFaultsDoes(_ key: String) throws {
        for day in 23...25 { rows.days["2026-11-\(day)"] = [query("\(day)", on: "2026-11-\(day)")] }
        try run()
        let whole = history.objects
        history.objects = [:]
        history.broken = [key]
        #expect(throws: HandlerError.self) { try run() }
        history.broken = []
        try run()
        #expect(history.objects == whole)
    }

    @Test func anEventMayNameTheDays() throws {
        rows.days["2026-10-01"] = [query("a", on: "2026-10-01")]
        try run(["days": "2026-09-30..2026-10-01"])
        #expect(history.objects.keys.contains("pages/month/2026-09.html"))
        #expect(try history.lines("queries/dt=2026-10-01/queries.json.gz").count == 1)
    }

    @Test(arguments: ["2026-11-26", "yesterday", "2026-11-25..2026-11-24", ""])
    func daysThatAreNotOverOrNoDaysAreRefused(_ text: String) {
        #expect(throws: HandlerError.self) { try run(["days": .string(text)]) }
        #expect(history.objects.isEmpty)
    }

    @Test func aDayWhoseRowsExpireKeepsItsFile() throws {
        history.objects["queries/dt=2026-01-01/queries.json.gz"] = [1]
        #expect(throws: HandlerError.self) { try run(["days": "2026-01-01"]) }
        #expect(history.objects["queries/dt=2026-01-01/queries.json.gz"] == [1])
    }

    @Test func damagedSumsAreAnErrorAndNoEmptyPage() throws {
        history.objects["sums/dt=2026-11-10/sums.json.gz"] = Array("no json".utf8)
        #expect(throws: HandlerError.self) { try run() }
        #expect(history.objects["pages/month/2026-11.html"] == nil)
        #expect(history.objects["pages/week/2026-W48.html"] != nil)
    }

    @Test func budgetsAreOnThePagesOfTheirPeriods() throws {
        rows.days["2026-11-24"] = [query("a", on: "2026-11-24")]
        let ten = Budget.Limit.money(Money(10, .dollars))
        let budgets = Budgets([
            Budget(name: "people", limit: ten, every: .month, per: .user),
            Budget(name: "everything", limit: ten, every: .week),
        ])
        let time = try #require(Timestamp(date: "2026-11-26")) + .seconds(3600)
        var handler = ReportHandler(table: rows, history: history, settings: ReportSettings(), now: { time })
        handler.budgets = BudgetReading(budgets: budgets, timeZone: .utc, sums: FakeSums())
        _ = try handler.handle(["days": "2026-11-24"], context())
        #expect(history.page("month/2026-11").contains("<td class=n>$5.00</td><td class=n>$10.00</td>"))
        // The week has a row although nothing was used, and the month's budget is not on its page.
        #expect(history.page("week/2026-W48").contains("<td>all together</td><td class=t>2026-W48</td>"))
        #expect(!history.page("week/2026-W48").contains("<bdi>people</bdi>"))
        handler.budgets = BudgetReading(budgets: budgets, timeZone: .utc, sums: FakeSums(isBroken: true))
        #expect(throws: HandlerError.self) { _ = try handler.handle(["days": "2026-11-24"], context()) }
    }

    @Test func anOpenRowIsNotFinished() throws {
        var row: Item = [
            "start_date": "2026-11-24", "start_key": "2026-11-24 10:00:00#a", "start_timestamp": "2026-11-24 10:00:00",
            "query_execution_id": "a", "executing_user": "ada", "query_state": "SUCCEEDED",
            "data_scanned": .integer(1 << 30), "cost_usd": .number("0.0048828125"), "expires_at": .integer(1),
        ]
        let finished = try #require(try FinishedQuery(row: row))
        #expect(finished.cost == .billed(Money(0.0048828125, .dollars)))
        #expect(finished.dataScanned == 1 << 30)
        row["open"] = "0"
        #expect(try FinishedQuery(row: row) == nil)
    }
}
