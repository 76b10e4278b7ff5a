import Alerting

/// A table of budgets by the share of their limit that was used, with bars.
struct BudgetUseTable {
    private static let longest = 40
    private static let title = "Budgets"

    private let uses: [BudgetUse]

    init(_ uses: [BudgetUse]) {
        self.uses = uses.sorted { left, right in
            let (first, second) = (left.highest.sum, right.highest.sum)
            if left.percent != right.percent { return left.percent > right.percent }
            return (first.budget.name, first.subject) < (second.budget.name, second.subject)
        }
    }

    /// The table; nothing without budgets.
    var html: String {
        guard !uses.isEmpty else { return "" }
        let head =
            HTML.heading("Budget") + HTML.heading("Whose") + "<th scope=col>Period</th>"
            + "<th scope=col class=n>Used</th><th scope=col class=n>Limit</th><td class=b></td>"
            + HTML.heading("Share", isNumber: true, isSorted: true) + HTML.heading("Used up", isNumber: true)
        return "<h2>\(Self.title)</h2>\n<p class=note>Of several days or weeks, the one that used most.</p>\n"
            + HTML.table(Self.title, head: head, rows: uses.prefix(Self.longest).map(row), foot: foot)
    }

    private func row(_ use: BudgetUse) -> String {
        let sum = use.highest.sum
        let text = BudgetText(use.highest)
        let isUsedUp = use.highest.isUsedUp
        let width = min(100, max(0, use.percent))
        let bar = width > 0 ? "<span\(isUsedUp ? " class=o" : "") style=\"width:\(width)%\"></span>" : ""
        return "<tr><th scope=row>\(HTML.name(sum.budget.name))</th>"
            + "<td>\(sum.budget.per == nil ? "all together" : HTML.name(sum.subject))</td>"
            + "<td class=t>\(HTML.escaped(sum.period.key))</td>"
            + "<td class=n>\(HTML.escaped(text.used))</td><td class=n>\(HTML.escaped(sum.budget.limit.description))</td>"
            + "<td class=b>\(bar)</td>" + HTML.number(text.percent, use.percent)
            + HTML.number(usedUp(use), Int64(use.usedUpCount)) + "</tr>"
    }

    private func usedUp(_ use: BudgetUse) -> String {
        guard use.usedUpCount > 0 else { return "no" }
        guard use.periodCount > 1 else { return "yes" }
        return "\(use.usedUpCount) of \(use.periodCount) \(use.highest.sum.budget.every)s"
    }

    private var foot: String {
        let others = uses.dropFirst(Self.longest)
        guard !others.isEmpty else { return "" }
        let usedUp = others.count { $0.usedUpCount > 0 }
        return "<tr><th scope=row>\(Amounts.count(others.count)) others</th><td colspan=6></td>"
            + "<td class=n>\(Amounts.count(usedUp)) used up</td></tr>"
    }
}
