import Alerting
import Assembly
import Commands
import Time

/// `athena-alerter budgets`: prints where all budgets stand, as the table has it.
struct BudgetsCommand {
    private static let timeLimit = Duration.seconds(60)

    /// The period in the words of the option; nil for the present one of each budget.
    private let period: String?

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        var options = options
        period = try options.takeValue("--period")
        _ = try options.operands(atMost: 0)
        guard let period, period != Self.previous else { return }
        guard TimeZone.CalendarUnit.allCases.contains(where: { BudgetPeriod(period, of: $0, in: .utc) != nil }) else {
            throw WrongUsage(
                "budgets: --period: expected a month (2026-11), a week (2026-W48), a day (2026-11-26) or 'previous', "
                    + "found '\(period)'"
            )
        }
    }

    private static let previous = "previous"

    /// Prints the table, and returns the exit status.
    func run(_ alerter: AlerterSystem, _ phase: InitPhase) throws -> Int32 {
        let settings = alerter.settings
        guard !settings.budgets.isEmpty else {
            return CommandOutput.fail("budgets: the settings have no budgets", status: 1)
        }
        let ledger = try alerter.budgetLedger(in: phase)
        let deadline = Deadline.after(Self.timeLimit)
        var table = BudgetTable()
        for budget in settings.budgets.budgets {
            guard let period = period(of: budget, settings, now: .now) else { continue }
            table.add(budget, period, try ledger.states(of: budget, in: period, before: deadline).map(\.standing))
        }
        guard !table.isEmpty else {
            return CommandOutput.fail("budgets: no budget has the period '\(period ?? "")'", status: 1)
        }
        return CommandOutput.write(table.lines.joined(separator: "\n") + "\n")
    }

    /// The period to print of a budget; nil when the budget has other ones.
    private func period(of budget: Budget, _ settings: AlerterSettings, now: Timestamp) -> BudgetPeriod? {
        let zone = budget.timeZone ?? settings.timeZone
        let present = BudgetPeriod(budget.every, around: now, in: zone)
        switch period {
        case nil: return present
        case Self.previous: return present.previous
        case let key?: return BudgetPeriod(key, of: budget.every, in: zone)
        }
    }
}
