import Alerting
import Time

/// The lines about budgets: their use, and the notices that would have gone out.
extension PreviewReport {
    private static let noticeCount = 10
    private static let periodCount = 10

    /// The notices, a line for each.
    static func lines(of notices: [PreviewBudgets.Notice]) -> [String] {
        notices.map { notice in
            let headline = BudgetText(notice.standing).headline(for: .others)
            let sum = notice.standing.sum
            return "\(notice.time.dateAndTime)  \(sum.budget.name) \(sum.period.key)  \(notice.step)%  "
                + "\(notice.target.rawValue)  \(notice.receiver.name)  \(headline)"
        }
    }

    /// The part of the report about budgets; nothing without any.
    static func budgetLines(_ budgets: PreviewBudgets, settings: AlerterSettings) -> [String] {
        guard !settings.budgets.isEmpty else { return [] }
        let (notices, periods) = budgets.outcome
        var lines = ["", "Budgets"]
        for budget in settings.budgets.budgets {
            lines.append("  \(budget.name): \(budget.meaning(in: settings))")
            lines += Self.lines(of: periods[budget.name] ?? [])
            let own = notices.filter { $0.standing.sum.budget.name == budget.name }
            lines.append("    \(own.isEmpty ? "no notice" : own.count == 1 ? "1 notice:" : "\(own.count) notices:")")
            lines += Self.lines(of: Array(own.prefix(noticeCount))).map { "      \($0)" }
            if own.count > noticeCount { lines.append("      … and \(own.count - noticeCount) more (--list)") }
        }
        return lines
    }

    /// The periods that used the most of a budget, in the order of time.
    private static func lines(of periods: [PreviewBudgets.Period]) -> [String] {
        guard !periods.isEmpty else { return ["    no query counts into it"] }
        let most = periods.sorted { $0.highest.used > $1.highest.used }.prefix(periodCount)
        let lines = most.sorted { $0.period.start < $1.period.start }.map { period in
            let text = BudgetText(period.highest)
            let count = period.queries == 1 ? "1 query" : "\(String(period.queries).groupedByThousands) queries"
            let subject =
                period.highest.sum.budget.per == nil ? "" : "\(period.sums) sums, the highest \(text.subject): "
            return "    \(period.period.name): \(count); \(subject)\(text.share), \(text.percent)"
        }
        let others = periods.count - lines.count
        return lines + (others > 0 ? ["    … and \(others) periods that used less"] : [])
    }
}
