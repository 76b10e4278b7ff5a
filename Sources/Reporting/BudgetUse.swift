package import Alerting
package import Time

/// The use of one sum of a budget in the period of a report.
package struct BudgetUse: Sendable, Equatable {
    /// The period of the budget that used most of the limit.
    package private(set) var highest: BudgetStanding
    /// The periods of the budget that used up the limit.
    package private(set) var usedUpCount = 0
    /// The periods of the budget in that of the report.
    package let periodCount: Int

    init(_ standing: BudgetStanding, periodCount: Int) {
        highest = standing
        self.periodCount = periodCount
        usedUpCount = standing.isUsedUp ? 1 : 0
    }

    fileprivate mutating func add(_ standing: BudgetStanding) {
        if standing.used > highest.used { highest = standing }
        if standing.isUsedUp { usedUpCount += 1 }
    }

    /// The share of the limit, for an order and a bar; any use of a limit of nothing is more than every other one.
    var percent: Int64 { highest.percent ?? (highest.isUsedUp ? .max : 0) }
}

/// Gathers the uses of one budget.
package struct BudgetUses: Sendable {
    private let periodCount: Int
    private var bySubject: [String: BudgetUse] = [:]

    /// - Parameter periodCount: the periods of the budget in that of the report.
    package init(periodCount: Int) {
        self.periodCount = periodCount
    }

    /// Adds what a subject used in one period of the budget.
    package mutating func add(_ standing: BudgetStanding) {
        bySubject[standing.sum.subject]?.add(standing)
            ?? (bySubject[standing.sum.subject] = BudgetUse(standing, periodCount: periodCount))
    }

    package var all: [BudgetUse] { Array(bySubject.values) }
}

extension Period {
    /// The periods of a budget in this one; none of a budget with longer ones. A week belongs to the month of its Thursday.
    ///
    /// - Parameters:
    ///   - lastDay: the last day that the report covers.
    ///   - timeZone: the zone in which the budget's periods begin.
    package func periods(of budget: Budget, until lastDay: String, in timeZone: TimeZone) -> [BudgetPeriod] {
        let days = days.filter { $0 <= lastDay }
        let names: [String] =
            switch (budget.every, kind) {
            case (.day, _): days
            case (.week, .week), (.month, .month): [name]
            case (.month, .week): []
            case (.week, .month):
                days.compactMap { day in
                    let week = Timestamp(date: day).map { Period(.week, containing: $0) }
                    return week.flatMap { $0.days[3] == day ? $0.name : nil }
                }
            }
        return names.compactMap { BudgetPeriod($0, of: budget.every, in: timeZone) }
    }
}
