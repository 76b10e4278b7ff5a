package import Time

/// The budgets of the settings.
package struct Budgets: Sendable, Equatable {
    /// A query counts into at most one sum of each budget, and its transaction has room for so many.
    static let maximumCount = 50

    package let budgets: [Budget]

    package init(_ budgets: [Budget] = []) {
        self.budgets = budgets
    }

    package var isEmpty: Bool { budgets.isEmpty }

    /// The sums into which a query counts, one for each budget that is about it.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - timeZone: the zone of budgets that have none of their own.
    ///   - now: stands in for the end of a query whose message has no time.
    package func sums(of query: FinishedQuery, timeZone: TimeZone, now: Timestamp) -> [BudgetSum] {
        let time = query.endTime ?? now
        return budgets.compactMap { budget in
            budget.subject(of: query).map { subject in
                BudgetSum(
                    budget: budget,
                    period: BudgetPeriod(budget.every, around: time, in: budget.timeZone ?? timeZone),
                    subject: subject
                )
            }
        }
    }
}

/// One sum of a budget: of a period, and of whom or what.
package struct BudgetSum: Sendable, Equatable {
    package let budget: Budget
    package let period: BudgetPeriod
    package let subject: String

    package init(budget: Budget, period: BudgetPeriod, subject: String) {
        self.budget = budget
        self.period = period
        self.subject = subject
    }

    /// The key of its item: the HASH and the RANGE.
    package var key: Key {
        Key(hash: Self.hash(of: budget.name), range: "\(period.key)#\(subject)")
    }

    /// The HASH of a budget's items.
    package static func hash(of name: String) -> String { "budget#\(name)" }

    /// The key of a sum's item.
    package struct Key: Sendable, Hashable {
        package let hash: String
        package let range: String

        package init(hash: String, range: String) {
            self.hash = hash
            self.range = range
        }

        // The table tells two texts of different bytes apart, also where Unicode calls them equal.
        package static func == (left: Key, right: Key) -> Bool {
            left.hash.utf8.elementsEqual(right.hash.utf8) && left.range.utf8.elementsEqual(right.range.utf8)
        }

        package func hash(into hasher: inout Hasher) {
            for text in [hash, range] { for byte in text.utf8 { hasher.combine(byte) } }
        }
    }
}
