package import Time

/// A day, week or month of a budget.
package struct BudgetPeriod: Sendable, Equatable {
    package let unit: TimeZone.CalendarUnit
    package let start: Timestamp
    /// The first moment after the period.
    package let end: Timestamp
    package let timeZone: TimeZone

    /// The period in which a moment lies.
    package init(_ unit: TimeZone.CalendarUnit, around time: Timestamp, in timeZone: TimeZone) {
        self.unit = unit
        self.timeZone = timeZone
        start = timeZone.start(of: unit, around: time)
        end = timeZone.end(of: unit, around: time)
    }

    /// Reads a day (`2026-11-26`), an ISO week (`2026-W48`) or a month (`2026-11`); nil for another form or unit.
    package init?(_ key: String, of unit: TimeZone.CalendarUnit, in timeZone: TimeZone) {
        let day =
            switch unit {
            case .day: Timestamp(date: key)
            case .month: Timestamp(date: "\(key)-01")
            case .week: Self.monday(ofWeek: key)
            }
        // Noon in UTC may be another day there; the search goes on from the start of the wanted day.
        guard let day else { return nil }
        for hours: Int64 in [12, 0, 24, -12, 36] {
            self.init(unit, around: day + .seconds(hours * 3600), in: timeZone)
            if self.key == key { return }
        }
        return nil
    }

    private static func monday(ofWeek key: String) -> Timestamp? {
        let parts = key.split(separator: "-W", omittingEmptySubsequences: false)
        // The 4th of January is in the first week of its year.
        guard parts.count == 2, parts[1].utf8.count == 2, let number = Int64(parts[1]),
            let day = Timestamp(date: "\(parts[0])-01-04")
        else { return nil }
        return TimeZone.utc.start(of: .week, around: day) + .days(7 * (number - 1))
    }

    /// The name by which the table knows the period; names of one unit sort by time.
    package var key: String {
        let first = timeZone.local(start)
        switch unit {
        case .day: return first.date
        case .month: return String(first.date.prefix(7))
        case .week:
            // A week belongs to the year of its Thursday.
            let thursday = first + .days(3)
            let year = thursday.date.prefix(4)
            let days = Timestamp(date: "\(year)-01-01").map { (thursday - $0).components.seconds / 86_400 } ?? 0
            let number = days / 7 + 1
            return "\(year)-W\(number < 10 ? "0" : "")\(number)"
        }
    }

    /// The period before this one.
    package var previous: BudgetPeriod { BudgetPeriod(unit, around: start - .milliseconds(1), in: timeZone) }

    /// The period in a few words: `November`, `week of 23 November`, `26 November`.
    package var name: String {
        switch unit {
        case .day: day(of: start)
        case .week: "week of \(day(of: start))"
        case .month: Self.month(of: timeZone.local(start))
        }
    }

    /// The last day of the period, such as `30 November`.
    package var lastDay: String { day(of: end - .milliseconds(1)) }

    /// The day of a moment there, such as `26 November`.
    package func day(of time: Timestamp) -> String {
        let local = timeZone.local(time)
        let number = local.date.suffix(2)
        return "\(number.first == "0" ? number.suffix(1) : number) \(Self.month(of: local))"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private static func month(of local: Timestamp) -> String {
        let number = Int(local.date.dropFirst(5).prefix(2)) ?? 1
        return months[number - 1]
    }
}
