package import Time

/// A month, or a week from Monday to Sunday, in UTC.
package struct Period: Sendable, Hashable {
    /// The kind of period.
    package enum Kind: String, Sendable, CaseIterable {
        case month
        case week
    }

    package let kind: Kind
    /// The name: `2026-11`, or `2026-W48` (ISO 8601).
    package let name: String
    private let start: Timestamp
    private let end: Timestamp

    /// The period of a kind in which a moment lies.
    package init(_ kind: Kind, containing time: Timestamp) {
        self.kind = kind
        let midnight = Timestamp(secondsSince1970: time.secondsSince1970.floored(to: 86_400))
        switch kind {
        case .month:
            name = time.formatted("YYYY-MM")
            start = Timestamp(date: "\(name)-01") ?? midnight
            // The 32nd day after the first is in the next month.
            end = Timestamp(date: (start + .days(31)).formatted("YYYY-MM-01")) ?? midnight
        case .week:
            // The first of January 1970 was a Thursday.
            let day = midnight.secondsSince1970 / 86_400
            start = midnight - .days((day + 3) % 7)
            end = start + .days(7)
            // A week belongs to the year in which its Thursday lies.
            let thursday = start + .days(3)
            let firstDay = Timestamp(date: thursday.formatted("YYYY-01-01")) ?? thursday
            let number = firstDay.wholeDays(to: thursday) / 7 + 1
            name = thursday.formatted("YYYY-W") + (number < 10 ? "0" : "") + "\(number)"
        }
    }

    /// Reads a name such as `2026-11` or `2026-W48`; nil for anything else.
    package init?(_ kind: Kind, named name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let year = Timestamp(date: "\(parts[0])-01-04"), year.date >= "1971" else { return nil }
        switch kind {
        case .month:
            guard let first = Timestamp(date: "\(name)-01") else { return nil }
            self.init(.month, containing: first)
        case .week:
            guard let number = Int64(parts[1].dropFirst()), (1...53).contains(number) else { return nil }
            // The fourth of January is always in the first week.
            self.init(.week, containing: year + .days(7 * (number - 1)))
        }
        guard self.name == name else { return nil }
    }

    /// The days, `YYYY-MM-DD`, in order.
    package var days: [String] {
        (0..<start.wholeDays(to: end)).map { (start + .days($0)).date }
    }

    /// The period before.
    package var previous: Period { Period(kind, containing: start - .days(1)) }

    /// Whether the period is over.
    package func isOver(at now: Timestamp) -> Bool { now >= end }

    /// The first moment after the period.
    package var endTime: Timestamp { end }
}

extension Timestamp {
    /// A quotient of durations is inexact: 31 days are less than 31 times a day.
    fileprivate func wholeDays(to end: Timestamp) -> Int64 {
        (end.secondsSince1970 - secondsSince1970) / 86_400
    }
}

extension Int64 {
    fileprivate func floored(to step: Int64) -> Int64 {
        let rest = self % step
        return self - (rest < 0 ? rest + step : rest)
    }
}
