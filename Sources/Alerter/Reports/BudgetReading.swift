import AWS
import Alerting
import Reporting
import Time

/// The sums of budgets, as ``ReportHandler`` needs them.
protocol BudgetSums {
    func states(
        of budget: Budget,
        in period: BudgetPeriod,
        before deadline: Deadline
    ) throws(AWSError) -> [BudgetState]
}

extension BudgetLedger: BudgetSums {}

/// Reads what budgets came to, for the page of a month or week.
struct BudgetReading {
    let budgets: Budgets
    /// The zone of budgets that have none of their own.
    let timeZone: TimeZone
    let sums: any BudgetSums

    /// The uses in a report's period.
    func uses(in report: Report, before deadline: Deadline) throws(AWSError) -> [BudgetUse] {
        var all: [BudgetUse] = []
        for budget in budgets.budgets {
            let zone = budget.timeZone ?? timeZone
            let periods = report.period.periods(of: budget, until: report.lastDay, in: zone)
            var uses = BudgetUses(periodCount: periods.count)
            for period in periods {
                for state in try sums.states(of: budget, in: period, before: deadline) { uses.add(state.standing) }
            }
            if uses.all.isEmpty, let period = periods.last { uses.add(BudgetStanding(unused: budget, in: period)) }
            all += uses.all
        }
        return all
    }
}
