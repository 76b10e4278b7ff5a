import Alerting

/// Gathers a report from the lines of the history, or from the sums of days.
package struct ReportBuilder {
    private let period: Period
    private let days: Set<String>
    private let daysBefore: Set<String>
    private var sums = Sums()
    private var previous: [String: Spend] = [:]
    private var previousPeople: [String: Spend] = [:]
    /// The executions that are counted already. A UUID is a number of 128 bits; a million of them take 32 MB.
    private var seen: Set<UInt128> = []
    private var seenOthers: Set<String> = []

    package init(_ period: Period) {
        self.period = period
        days = Set(period.days)
        daysBefore = Set(period.previous.days)
    }

    /// Whether a day, `YYYY-MM-DD`, belongs to the report or to what it is compared with.
    package func needs(_ day: String) -> Bool { days.contains(day) || daysBefore.contains(day) }

    /// The days that the report needs, in order.
    package var neededDays: [String] { period.previous.days + period.days }

    /// Adds a query, unless it was added before or belongs to another period.
    package mutating func add(_ line: HistoryLine) {
        let isOfPeriod = days.contains(line.day)
        guard isOfPeriod || daysBefore.contains(line.day), isNew(line.query.key.executionID) else { return }
        if isOfPeriod {
            sums.add(line)
        } else {
            let spend = Spend(line.query)
            previous[line.day, default: Spend()] += spend
            if line.query.isOfPerson { previousPeople[line.query.user, default: Spend()] += spend }
        }
    }

    /// Adds the sums of a day, which must be added once.
    package mutating func add(_ daySums: Sums, of day: String) {
        if days.contains(day) {
            sums.add(daySums)
        } else if daysBefore.contains(day) {
            previous[day, default: Spend()] += daySums.total
            for (name, sum) in daySums.people { previousPeople[name, default: Spend()] += sum.spend }
        }
    }

    /// The report of what was added.
    ///
    /// - Parameter lastDay: the last day of which something can have been added.
    package func report(lastDay: String) -> Report {
        let last = period.days.last ?? lastDay
        return Report(
            period,
            sums: sums,
            previous: previous,
            previousPeople: previousPeople,
            lastDay: min(lastDay, last)
        )
    }

    private mutating func isNew(_ id: String) -> Bool {
        let digits = id.utf8.filter { $0 != UInt8(ascii: "-") }
        if digits.count == 32, let number = UInt128(String(decoding: digits, as: UTF8.self), radix: 16) {
            return seen.insert(number).inserted
        }
        return seenOthers.insert(id).inserted
    }
}
