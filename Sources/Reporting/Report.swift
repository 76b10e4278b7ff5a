import Alerting

/// A period's sums beside those of the period before.
package struct Report: Sendable {
    package let period: Period
    package let sums: Sums
    /// The last day that the sums cover; an earlier one than the period's last while that goes on.
    package let lastDay: String
    /// The uses of budgets; empty without budgets, and where they are not known.
    package var budgets: [BudgetUse] = []
    /// The sums of the days of the period before.
    private let previous: [String: Spend]
    /// The sums of human beings in the period before.
    private let previousPeople: [String: Spend]

    package init(
        _ period: Period,
        sums: Sums,
        previous: [String: Spend],
        previousPeople: [String: Spend],
        lastDay: String
    ) {
        self.period = period
        self.sums = sums
        self.previous = previous
        self.previousPeople = previousPeople
        self.lastDay = lastDay
    }

    /// The human beings whose queries cost something, by name, each beside the whole period before.
    package var people: [PersonalReport] {
        sums.people.filter { $0.value.spend.amount > 0 }.sorted { $0.key < $1.key }.map { name, sum in
            PersonalReport(period: period, name: name, sum: sum, before: previousPeople[name])
        }
    }

    /// The days that the sums cover.
    package var days: [String] { period.days.filter { $0 <= lastDay } }

    /// Whether the period goes on after the last day.
    package var isUnfinished: Bool { period.days.last.map { $0 > lastDay } ?? false }

    /// The sum of as many days of the period before; nil without queries there.
    package var before: Spend? {
        let count = isUnfinished ? days.count : period.previous.days.count
        let spend = period.previous.days.prefix(count).reduce(into: Spend()) { $0 += previous[$1] ?? Spend() }
        return spend.queries > 0 ? spend : nil
    }

    /// The change of the money to the period before, in words such as `+12.5 % against 2026-10 ($120.00)`.
    package var change: String? {
        guard let before else { return nil }
        let span = isUnfinished ? "the first \(days.count) days of \(period.previous.name)" : period.previous.name
        return sums.total.change(from: before, of: span)
    }
}

/// The sum of one human being in a period, beside that of the period before.
package struct PersonalReport: Sendable, Equatable {
    package let period: Period
    package let name: String
    package let sum: PersonalSum
    /// The sum of the period before; nil without queries there.
    let before: Spend?

    /// The change of the money to the period before, in words.
    package var change: String? { before.flatMap { sum.spend.change(from: $0, of: period.previous.name) } }
}

extension Spend {
    /// The change of the money from another sum, in words.
    ///
    /// - Parameter span: the words for what the other sum is of.
    fileprivate func change(from other: Spend, of span: String) -> String {
        let (old, new) = (other[currency], self[currency])
        let percent = old > 0 ? Double(new - old) / Double(old) * 100 : nil
        let text = percent.map { ($0 < 0 ? "" : "+") + $0.formatted(decimals: 1) + " %" } ?? "up from nothing"
        return "\(text) against \(span) (\(Amounts.money(old, currency)))"
    }
}
