package import Time

/// The share of a budget that a period has used.
package struct BudgetStanding: Sendable, Equatable {
    package let sum: BudgetSum
    package let spending: Spending
    /// The end of the first query that was counted.
    package let since: Timestamp?
    package let dearest: DearestQueries

    package init(
        _ sum: BudgetSum,
        spending: Spending,
        since: Timestamp? = nil,
        dearest: DearestQueries = DearestQueries()
    ) {
        self.sum = sum
        self.spending = spending
        self.since = since
        self.dearest = dearest
    }

    /// The standing of an unused budget.
    package init(unused budget: Budget, in period: BudgetPeriod) {
        let subject = budget.per == nil ? Budget.everything : "–"
        self.init(BudgetSum(budget: budget, period: period, subject: subject), spending: Spending())
    }

    /// The use in the limit's own measure.
    package var used: Int128 { limit.units(of: spending) }
    var limit: Budget.Limit { sum.budget.limit }

    /// Whole percent of the limit, rounded down; nil for a limit of nothing.
    package var percent: Int64? {
        limit.units > 0 ? Int64(clamping: used * 100 / limit.units) : nil
    }

    /// Whether the limit is used up; a limit of nothing is by any use.
    package var isUsedUp: Bool { percent.map { $0 >= 100 } ?? (used > 0) }

    /// The highest step that the use has reached; nil below the first. Any use reaches all steps of a limit of nothing.
    package var reachedStep: Int64? {
        guard limit.units > 0 else { return used > 0 ? sum.budget.steps.last : nil }
        return sum.budget.steps.last { used * 100 >= limit.units * Int128($0) }
    }

    /// The step that people have to hear of, as long as they have heard of none as high: of several at once the highest.
    package func stepToTell(after told: Int64?) -> Int64? {
        guard let reachedStep, reachedStep > told ?? 0 else { return nil }
        return reachedStep
    }

    /// A look ahead, at the pace of the period so far.
    struct Projection: Equatable {
        /// The use at the end of the period, in the limit's measure.
        let total: Double
        /// The time at which the limit is reached; nil when it has been, or will not be in this period.
        let isUsedUp: Timestamp?
    }

    /// The projection at a time; nil outside of the period, and as long as the period is too young for one.
    func projection(at now: Timestamp) -> Projection? {
        let period = sum.period
        guard now >= period.start, now < period.end, used > 0 else { return nil }
        let gone = Double(now.millisecondsSince1970 - period.start.millisecondsSince1970)
        let whole = Double(period.end.millisecondsSince1970 - period.start.millisecondsSince1970)
        guard now >= period.start + period.unit.ageOfProjection else { return nil }
        let total = Double(used) * whole / gone
        let limit = Double(limit.units)
        let isCrossing = Double(used) < limit && total >= limit
        let passes = gone * limit / Double(used)
        return Projection(
            total: total,
            isUsedUp: isCrossing ? period.start + .milliseconds(Int64(min(passes, whole))) : nil
        )
    }
}

extension TimeZone.CalendarUnit {
    /// The age of a period from which on its pace says something: a month's from the third day on.
    fileprivate var ageOfProjection: Duration {
        switch self {
        case .day: .seconds(6 * 3600)
        case .week: .days(1)
        case .month: .days(2)
        }
    }
}
