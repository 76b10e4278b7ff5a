import Testing
import Time

@testable import Alerting

@Suite struct BudgetStandingTests {
    private static let november = "2026-11-14T12:00:00Z"

    private func standing(
        _ budget: String,
        dollars: String = "0",
        bytes: Int64 = 0,
        at time: String = november
    ) throws -> BudgetStanding {
        let settings = try BudgetTests.settings("[\(budget)]")
        let sum = BudgetSum(
            budget: settings.budgets.budgets[0],
            period: BudgetPeriod(
                settings.budgets.budgets[0].every,
                around: try #require(Timestamp(iso8601: time)),
                in: .utc
            ),
            subject: "ada"
        )
        let spending = Spending(bytes: bytes, dollars: try #require(ExactAmount(dollars)), queries: 2)
        return BudgetStanding(sum, spending: spending)
    }

    private static let fifty = #"{"name":"a","limit":"$50","every":"month","per":"user"}"#

    @Test(
        arguments: [
            ("24.999999999999999999999999", nil), ("25", 50), ("39.99", 50), ("40", 80), ("49.9999", 80), ("50", 100),
            ("900", 100),
        ] as [(String, Int64?)]
    )
    func aStepIsReachedExactly(_ dollars: String, _ step: Int64?) throws {
        #expect(try standing(Self.fifty, dollars: dollars).reachedStep == step)
    }

    @Test func ofSeveralStepsAtOnceOnlyTheHighestIsTold() throws {
        let reached = try standing(Self.fifty, dollars: "60")
        #expect(reached.stepToTell(after: nil) == 100)
        #expect(reached.stepToTell(after: 50) == 100)
        #expect(reached.stepToTell(after: 100) == nil)
        // The limit was raised after a step was told.
        #expect(try standing(Self.fifty, dollars: "40").stepToTell(after: 100) == nil)
    }

    @Test func aLimitOfNothingIsUsedUpByAnyUse() throws {
        let nothing = #"{"name":"a","limit":"$0","every":"month"}"#
        #expect(try standing(nothing).reachedStep == nil)
        let used = try standing(nothing, dollars: "0.01")
        #expect(used.reachedStep == 100 && used.percent == nil)
        #expect(BudgetText(used).headline(for: .others).hasPrefix("more than 100% of the budget a"))
        #expect(used.projection(at: try #require(Timestamp(iso8601: Self.november)))?.isUsedUp == nil)
    }

    @Test func stepsMayGoBeyondTheLimit() throws {
        let steps = #"{"name":"a","limit":"1 KiB","every":"day","steps":[100,150,1000]}"#
        #expect(try standing(steps, bytes: 1535).reachedStep == 100)
        #expect(try standing(steps, bytes: 1536).reachedStep == 150)
        #expect(try standing(steps, bytes: .max).reachedStep == 1000)
    }

    @Test func thePaceSaysWhenTheLimitIsReached() throws {
        let now = try #require(Timestamp(iso8601: "2026-11-16T00:00:00Z"))
        let slow = try #require(try standing(Self.fifty, dollars: "20").projection(at: now))
        #expect(Budget.Limit.money(Money(50, .dollars)).words(for: slow.total) == "$40.00" && slow.isUsedUp == nil)
        let fast = try #require(try standing(Self.fifty, dollars: "35.50").projection(at: now))
        #expect(fast.isUsedUp?.date == "2026-11-22")
        let details = BudgetText(try standing(Self.fifty, dollars: "35.50")).details(at: now)
        #expect(
            details.contains("At this pace 100% is reached on 22 November, and $71.00 by 30 November (a projection)")
        )
    }

    @Test func aYoungPeriodHasNoPace() throws {
        let standing = try standing(Self.fifty, dollars: "20")
        func projects(_ time: String) throws -> Bool {
            standing.projection(at: try #require(Timestamp(iso8601: time))) != nil
        }
        #expect(try !projects("2026-11-02T23:59:59Z"))
        #expect(try projects("2026-11-03T00:00:00Z"))
        #expect(try projects("2026-11-30T23:59:59Z"))
        #expect(try !projects("2026-12-01T00:00:00Z"))
        #expect(try !projects("2026-10-31T00:00:00Z"))
    }

    @Test func theShareOfQueriesThatCostMoreThanThereIsMoneyIsANumber() throws {
        let dearest = DearestQueries(#"[["a","\#(Int128.max)"],["b","\#(Int128.max)"],["c","\#(Int128.max)"]]"#)
        let before = try standing(Self.fifty, dollars: "1000000000000")
        let text = BudgetText(BudgetStanding(before.sum, spending: before.spending, since: nil, dearest: dearest))
        #expect(text.details(at: .now).contains("The 3 dearest queries are 100% of it"))
    }

    @Test func aNoticeSaysWhoseHowMuchAndSinceWhen() throws {
        let now = try #require(Timestamp(iso8601: "2026-11-02T00:00:00Z"))
        var dearest = DearestQueries()
        for (id, cost) in [("a", 10.0), ("b", 4.0), ("c", 20.0), ("d", 6.0)] {
            dearest = dearest.adding(BudgetTests.query(id, cost: cost), measuredBy: .money(Money(50, .dollars)))
        }
        let before = try standing(Self.fifty, dollars: "40")
        let standing = BudgetStanding(
            before.sum,
            spending: before.spending,
            since: Timestamp(iso8601: "2026-11-01T10:02:59Z"),
            dearest: dearest
        )
        let text = BudgetText(standing)
        #expect(text.headline(for: .runner) == "You have used 80% of the budget a for November: $40.00 of $50.00")
        #expect(text.headline(for: .others) == "ada has used 80% of the budget a for November: $40.00 of $50.00")
        #expect(
            text.details(at: now) == [
                "1 November to 30 November (UTC): 2 queries, counted since 1 November 10:02",
                "The 3 dearest queries are 90% of it",
            ]
        )
        #expect(text.line(for: .runner) == "Your November: $40.00 of $50.00")
        #expect(text.line(for: .others) == "ada, November: $40.00 of $50.00")
    }

    @Test func theFirstQueryMayBeTheDearest() throws {
        let limit = Budget.Limit.money(Money(50, .dollars))
        let first = DearestQueries().adding(BudgetTests.query("a", cost: 30), measuredBy: limit)
        #expect(first.total == (1, ExactAmount(30).units))
        for query in [BudgetTests.query("a", cost: 30), BudgetTests.query("free")] {
            #expect(first.adding(query, measuredBy: limit) == first)
        }
        var dearest = first
        for id in ["b", "c"] { dearest = dearest.adding(BudgetTests.query(id, cost: 1), measuredBy: limit) }
        #expect(dearest.adding(BudgetTests.query("d", cost: 1), measuredBy: limit) == dearest)
        #expect(dearest.total == (3, ExactAmount(32).units))
        #expect(DearestQueries(dearest.text) == dearest)
        for text in ["", "[", "{}", #"[["a"],[1,2],["b","x"]]"#] { #expect(DearestQueries(text) == DearestQueries()) }
    }

    @Test func aUsedUpBudgetSaysWhatToDo() throws {
        let budget = #"{"name":"a","limit":"$50","every":"month","owner":"The data team","runbook":"https://wiki/x"}"#
        let now = try #require(Timestamp(iso8601: Self.november))
        let used = BudgetText(try standing(budget, dollars: "50"))
        #expect(used.details(at: now).last?.contains("Nothing is stopped") == true)
        #expect(used.details(at: now).last?.contains("The data team owns this budget.") == true)
        #expect(used.runbook == "https://wiki/x")
        #expect(BudgetText(try standing(budget, dollars: "49.99")).runbook == nil)
    }
}

@Suite struct ExactAmountTests {
    @Test(arguments: [
        ("0", "0"), ("0.0", "0"), ("21.40", "21.4"), ("4.76837158203125e-05", "0.0000476837158203125"),
        ("1E-8", "0.00000001"), ("1.5e3", "1500"), ("-0.25", "-0.25"), ("007", "7"), ("1e-30", "0"),
    ])
    func aNumberIsReadWithAllItsDigits(_ text: String, _ digits: String) {
        #expect(ExactAmount(text)?.description == digits)
    }

    @Test(arguments: ["", "-", ".", "1.2.3", "e5", "1e", "1e5e5", "x", "1e40", "٣", "1 "])
    func aTextThatIsNoNumberIsRefused(_ text: String) {
        #expect(ExactAmount(text) == nil)
    }

    @Test func aSumIsTheSumOfTheDigits() {
        var sum = ExactAmount.zero
        for _ in 0..<10 { sum = sum + ExactAmount(0.1) }
        #expect(sum == ExactAmount(1) && sum.description == "1")
        let least = ExactAmount(10.0 / 1_048_576 * 5)
        #expect((0..<10_000).reduce(ExactAmount.zero) { sum, _ in sum + least }.description == "0.476837158203125")
    }
}
