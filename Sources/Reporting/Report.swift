import Alerting

/// A period's sums beside those of the period before.
package struct Report: Sendable {
    package let period: Period
    package let sums: Sums
    /// The last day that the sums cover; an earlier one than the period's last while that goes on.
    package let lastDay: String
    /// The sums of the days of the period before.
    private let previous: [String: Spend]

    package init(_ period: Period, sums: Sums, previous: [String: Spend], lastDay: String) {
        self.period = period
        self.sums = sums
        self.previous = previous
        self.lastDay = lastDay
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
        let old = before[sums.currency]
        let new = sums.total[sums.currency]
        let percent = old > 0 ? Double(new - old) / Double(old) * 100 : nil
        let text = percent.map { ($0 < 0 ? "" : "+") + $0.formatted(decimals: 1) + " %" } ?? "up from nothing"
        let span = isUnfinished ? "the first \(days.count) days of \(period.previous.name)" : period.previous.name
        return "\(text) against \(span) (\(Amounts.money(old, sums.currency)))"
    }
}
