import Alerting
import Commands

/// The standings of budgets as a table for people: a bar for each sum, those with the most of their limit first.
struct BudgetTable {
    private static let titles = ["budget", "period", "whose", "used", "limit", "", "", "queries"]
    /// The columns that are aligned to the right.
    private static let numbers: Set<Int> = [3, 4, 6, 7]
    private static let barLength: Int64 = 20

    private var rows: [[String]] = []

    var isEmpty: Bool { rows.isEmpty }

    /// Adds the sums of a budget in a period. A budget that has none yet is shown, too.
    mutating func add(_ budget: Budget, _ period: BudgetPeriod, _ standings: [BudgetStanding]) {
        let shown = standings.isEmpty ? [BudgetStanding(unused: budget, in: period)] : standings
        rows += shown.sorted { ($1.used, $0.sum.subject) < ($0.used, $1.sum.subject) }.map(cells)
    }

    /// The rows under their titles.
    var lines: [String] {
        let all = [Self.titles] + rows
        let widths = Self.titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let line = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return Self.numbers.contains(column) ? padding + row[column] : row[column] + padding
            }
            return line.joined(separator: "  ")
        }
    }

    private func cells(_ standing: BudgetStanding) -> [String] {
        let sum = standing.sum
        let text = BudgetText(standing)
        return [
            sum.budget.name, sum.period.key, sum.subject, text.used, sum.budget.limit.description, bar(standing),
            text.percent, "\(standing.spending.queries)",
        ].map(\.printable)
    }

    private func bar(_ standing: BudgetStanding) -> String {
        let filled = min(Self.barLength, (standing.share * Self.barLength) / 100)
        return String(repeating: "█", count: Int(filled)) + String(repeating: "░", count: Int(Self.barLength - filled))
    }
}

extension BudgetStanding {
    /// Percent of the limit, for an order and a bar; any use of a limit of nothing is all of it.
    fileprivate var share: Int64 { min(percent ?? (reachedStep == nil ? 0 : 100), 1_000_000) }
}
