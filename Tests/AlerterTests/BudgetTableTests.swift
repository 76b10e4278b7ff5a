import Alerting
import Settings
import Testing
import Time

@testable import Alerter

@Suite struct BudgetTableTests {
    @Test func everySumHasABarAndTheFullestComesFirst() throws {
        var settings = AlerterSettings()
        let file = #"""
            {"budgets": [{"name":"analysts","per":"user","limit":"$50","every":"month"},
            {"name":"athena","limit":"10 KiB","every":"day"}, {"name":"none","limit":"$0","every":"week"}]}
            """#
        try Section(file: file.utf8).read { name, value throws(SettingsError) in try settings.read(name, value) }
        let time = try #require(Timestamp(iso8601: "2026-11-26T10:00:00Z"))
        var table = BudgetTable()
        for budget in settings.budgets.budgets {
            let period = BudgetPeriod(budget.every, around: time, in: .utc)
            let uses: [(String, Double)] = budget.per == nil ? [] : [("ada", 21.4), ("eve\u{1B}", 60), ("bob", 21.4)]
            table.add(
                budget,
                period,
                uses.map { user, dollars in
                    BudgetStanding(
                        BudgetSum(budget: budget, period: period, subject: user),
                        spending: Spending(dollars: ExactAmount(dollars), queries: 7)
                    )
                }
            )
        }
        #expect(
            table.lines == [
                "budget    period      whose        used     limit                              queries",
                "analysts  2026-11     eve\\u{1B}  $60.00    $50.00  ████████████████████  120%        7",
                "analysts  2026-11     ada        $21.40    $50.00  ████████░░░░░░░░░░░░   42%        7",
                "analysts  2026-11     bob        $21.40    $50.00  ████████░░░░░░░░░░░░   42%        7",
                "athena    2026-11-26  all           0 B  10.0 KiB  ░░░░░░░░░░░░░░░░░░░░    0%        0",
                "none      2026-W48    all         $0.00     $0.00  ░░░░░░░░░░░░░░░░░░░░    0%        0",
            ]
        )
    }
}
