import Alerting
import Time

/// The sums that budgets would have counted in the previewed days, and the notices of their steps.
///
/// Rows come in any order and a notice depends on it, so the amounts are kept: 32 bytes for each query in each budget.
struct PreviewBudgets {
    /// A step that a sum would have told a target of.
    struct Notice {
        let time: Timestamp
        let step: Int64
        let standing: BudgetStanding
        let target: AlertTarget
        let receiver: PreviewAlert.Receiver
    }

    /// The sums of a budget's period, as they stand at its end or at the end of the rows.
    struct Period {
        let period: BudgetPeriod
        var queries: Int64 = 0
        var sums = 0
        /// The sum that used the most.
        var highest: BudgetStanding
    }

    private struct Amount {
        let time: Timestamp
        let bytes: Int64
        let money: Money?
    }

    private struct Sum {
        let sum: BudgetSum
        let receivers: [(target: AlertTarget, receiver: PreviewAlert.Receiver)]
        var amounts: [Amount]
    }

    private let settings: AlerterSettings
    private var sums: [BudgetSum.Key: Sum] = [:]

    init(settings: AlerterSettings) {
        self.settings = settings
    }

    /// Counts a query, also one that rules ignore.
    mutating func add(_ query: FinishedQuery) {
        guard let time = query.endTime else { return }
        for sum in settings.budgets.sums(of: query, timeZone: settings.timeZone, now: time) {
            let amount = Amount(time: time, bytes: query.dataScanned, money: query.cost?.money)
            if sums[sum.key]?.amounts.append(amount) == nil {
                sums[sum.key] = Sum(sum: sum, receivers: receivers(of: sum.budget, query), amounts: [amount])
            }
        }
    }

    private func receivers(
        of budget: Budget,
        _ query: FinishedQuery
    ) -> [(target: AlertTarget, receiver: PreviewAlert.Receiver)] {
        let outcome = RuleOutcome(settings, of: budget)
        return AlertTarget.allCases.filter(budget.targets.contains).map { target in
            (target, PreviewAlert.receiver(of: query, target, outcome, settings))
        }
    }

    /// The notices in the order of time, and the periods of each budget by its name.
    var outcome: (notices: [Notice], periods: [String: [Period]]) {
        var notices: [Notice] = []
        var periods: [String: [String: Period]] = [:]
        for sum in sums.values {
            let last = standing(of: sum, &notices)
            var period =
                periods[sum.sum.budget.name]?[sum.sum.period.key] ?? Period(period: sum.sum.period, highest: last)
            period.queries += last.spending.queries
            period.sums += 1
            if (last.used, period.highest.sum.subject) > (period.highest.used, last.sum.subject) {
                period.highest = last
            }
            periods[sum.sum.budget.name, default: [:]][sum.sum.period.key] = period
        }
        notices.sort { ($0.time, $0.standing.sum.key.range) < ($1.time, $1.standing.sum.key.range) }
        return (notices, periods.mapValues { $0.values.sorted { $0.period.start < $1.period.start } })
    }

    /// The standing of a sum at its end; adds the notices on the way.
    private func standing(of sum: Sum, _ notices: inout [Notice]) -> BudgetStanding {
        var standing = BudgetStanding(sum.sum, spending: Spending())
        var told: Int64?
        for amount in sum.amounts.sorted(by: { $0.time < $1.time }) {
            let spending = standing.spending + Spending(bytes: amount.bytes, money: amount.money)
            standing = BudgetStanding(sum.sum, spending: spending)
            guard let step = standing.stepToTell(after: told) else { continue }
            told = step
            notices += sum.receivers.map { target, receiver in
                Notice(time: amount.time, step: step, standing: standing, target: target, receiver: receiver)
            }
        }
        return standing
    }
}
