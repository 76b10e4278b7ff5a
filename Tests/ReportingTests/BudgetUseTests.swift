import Alerting
import Testing
import Time

@testable import Reporting

@Suite struct BudgetUseTests {
    private func budget(
        _ every: TimeZone.CalendarUnit,
        dollars: Double = 10,
        per: Rule.Member? = .user,
        name: String = "b"
    ) -> Budget { Budget(name: name, limit: .money(Money(dollars, .dollars)), every: every, per: per) }

    private func standing(
        _ budget: Budget,
        _ period: String,
        _ dollars: String,
        by subject: String = "ada"
    ) throws -> BudgetStanding {
        let period = try #require(BudgetPeriod(period, of: budget.every, in: .utc))
        let sum = BudgetSum(budget: budget, period: period, subject: subject)
        return BudgetStanding(sum, spending: Spending(dollars: try #require(ExactAmount(dollars)), queries: 1))
    }

    @Test(
        arguments: [
            ("2026-11", .month, "2026-11-30", ["2026-11"]),
            ("2026-W48", .month, "2026-11-29", []),
            ("2026-W48", .week, "2026-11-24", ["2026-W48"]),
            ("2026-W48", .day, "2026-11-24", ["2026-11-23", "2026-11-24"]),
            ("2026-11", .week, "2026-11-30", ["2026-W45", "2026-W46", "2026-W47", "2026-W48"]),
            ("2026-10", .week, "2026-10-31", ["2026-W40", "2026-W41", "2026-W42", "2026-W43", "2026-W44"]),
            ("2026-11", .week, "2026-11-04", []),
        ] as [(String, TimeZone.CalendarUnit, String, [String])]
    )
    func theBudgetsPeriodsAreThoseOfThePage(
        _ name: String,
        _ every: TimeZone.CalendarUnit,
        _ lastDay: String,
        _ names: [String]
    ) throws {
        let period = try #require(Period(.month, named: name) ?? Period(.week, named: name))
        #expect(period.periods(of: budget(every), until: lastDay, in: .utc).map(\.key) == names)
    }

    @Test func ofSeveralDaysTheHighestIsShownAndThoseUsedUpAreCounted() throws {
        let daily = budget(.day)
        var uses = BudgetUses(periodCount: 30)
        for (day, dollars) in [("2026-11-02", "10"), ("2026-11-03", "25"), ("2026-11-04", "9.99")] {
            uses.add(try standing(daily, day, dollars))
        }
        uses.add(try standing(daily, "2026-11-02", "1", by: "grace"))
        let ada = try #require(uses.all.first { $0.highest.sum.subject == "ada" })
        #expect(ada.highest.sum.period.key == "2026-11-03")
        #expect(ada.usedUpCount == 2)
        let html = BudgetUseTable(uses.all).html
        #expect(html.contains("<td class=n>$25.00</td><td class=n>$10.00</td>"))
        #expect(html.contains("<span class=o style=\"width:100%\"></span></td><td class=n data-v=250>250%</td>"))
        #expect(html.contains("<td class=n data-v=2>2 of 30 days</td>"))
        #expect(html.contains("<span style=\"width:10%\"></span></td><td class=n data-v=10>10%</td>"))
    }

    @Test func withoutBudgetsThereIsNothing() {
        #expect(BudgetUseTable([]).html.isEmpty)
    }

    @Test func thousandsOfPeopleAreOneRow() throws {
        let monthly = budget(.month, name: "<b>")
        var uses = BudgetUses(periodCount: 1)
        for number in 0..<10_000 {
            uses.add(try standing(monthly, "2026-11", number < 50 ? "11" : "1", by: "user\(number)"))
        }
        let html = BudgetUseTable(uses.all).html
        #expect(html.utf8.count < 20_000)
        #expect(html.contains("<th scope=row>9,960 others</th><td colspan=6></td><td class=n>10 used up</td>"))
        #expect(!html.contains("<b>"))
    }

    @Test func anyUseOfALimitOfNothingIsOverAndFirst() throws {
        var uses = BudgetUses(periodCount: 1)
        uses.add(try standing(budget(.month, dollars: 0, per: nil, name: "none"), "2026-11", "0.01", by: "all"))
        uses.add(try standing(budget(.month), "2026-11", "90"))
        let html = BudgetUseTable(uses.all).html
        let first = try #require(html.split(separator: "\n").first { $0.hasPrefix("<tr>") })
        #expect(first.contains("<bdi>none</bdi>") && first.contains("all together") && first.contains("more than 100%"))
    }
}
