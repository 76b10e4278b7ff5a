package import Alerting

/// The sums of the queries of a day, or of several days. Sums of days can be added, and give the sums of the period.
package struct Sums: Sendable, Equatable {
    /// A way to divide the queries. The names of an unknown part are empty.
    package enum Part: String, Sendable, CaseIterable {
        case person
        case workgroup
        case tool
        case database
        case account
        /// The state in which the queries ended.
        case state
        /// The reason for which queries were not billed.
        case notBilled = "not_billed"
    }

    private static let dearestCount = 20

    package private(set) var total = Spend()
    package private(set) var parts: [Part: [String: Spend]] = [:]
    /// The human beings, without programs, by name.
    package private(set) var people: [String: PersonalSum] = [:]
    /// The workgroups' spend by day, `YYYY-MM-DD`.
    package private(set) var days: [String: [String: Spend]] = [:]
    /// The queries that cost most, the dearest first.
    package private(set) var dearest: [HistoryLine] = []
    package private(set) var shapes = ShapeSums()

    package init() {}

    /// The currency in which the money is shown: the yuan where nothing is billed in dollars.
    package var currency: Money.Currency { total.currency }

    /// Adds a query.
    package mutating func add(_ line: HistoryLine) {
        let query = line.query
        let spend = Spend(query)
        add(spend, to: .person, query.user)
        add(spend, to: .workgroup, query.workgroup, on: line.day)
        add(spend, to: .tool, query.tool)
        add(spend, to: .database, query.database)
        add(spend, to: .account, query.accountID)
        add(spend, to: .state, query.state.rawValue)
        if let reason = query.cost?.freeReason { add(spend, to: .notBilled, reason.rawValue) }
        if query.isOfPerson { people[query.user, default: PersonalSum()].add(query, spend) }
        total += spend
        addDear(line, spend.amount)
        shapes.add(line, amount: spend.amount)
    }

    /// Adds the sums of other queries.
    package mutating func add(_ others: Sums) {
        total += others.total
        for (part, names) in others.parts {
            for (name, spend) in names { parts[part, default: [:]][name, default: Spend()] += spend }
        }
        for (name, sum) in others.people { add(sum, of: name) }
        for (day, names) in others.days {
            for (name, spend) in names { days[day, default: [:]][name, default: Spend()] += spend }
        }
        for line in others.dearest { addDear(line, Spend(line.query).amount) }
        shapes.add(others.shapes)
    }

    mutating func add(_ spend: Spend, to part: Part, _ name: String?, on day: String? = nil) {
        parts[part, default: [:]][name ?? "", default: Spend()] += spend
        if let day { days[day, default: [:]][name ?? "", default: Spend()] += spend }
    }

    mutating func add(_ sum: PersonalSum, of name: String) { people[name, default: PersonalSum()].add(sum) }

    mutating func add(total spend: Spend) { total += spend }

    mutating func add(_ shape: ShapeSums.Entry) { shapes.add(shape) }

    mutating func addDear(_ line: HistoryLine, _ amount: Int64) {
        guard amount > 0 else { return }
        let place = dearest.firstIndex { other in
            let otherAmount = Spend(other.query).amount
            return otherAmount == amount ? line.query.key.startKey < other.query.key.startKey : otherAmount < amount
        }
        guard dearest.count < Self.dearestCount || place != nil else { return }
        dearest.insert(line, at: place ?? dearest.endIndex)
        if dearest.count > Self.dearestCount { dearest.removeLast() }
    }
}

extension Spend {
    /// Money in billionths, in whichever currency: an account is billed in one.
    package var amount: Int64 { self[.dollars] &+ self[.yuan] }

    /// The currency in which the money is shown: the yuan where nothing is billed in dollars.
    package var currency: Money.Currency { self[.dollars] == 0 && self[.yuan] > 0 ? .yuan : .dollars }
}
