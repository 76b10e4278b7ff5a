package import Alerting
package import JSON

/// The sum of the queries of one human being.
package struct PersonalSum: Sendable, Equatable {
    package private(set) var spend = Spend()
    /// The query that cost most, without its SQL; nil when nothing was billed.
    package private(set) var dearest: FinishedQuery?

    package init() {}

    mutating func add(_ query: FinishedQuery, _ spend: Spend) {
        self.spend += spend
        if spend.amount > 0, isDearer(query) { dearest = Self.short(query) }
    }

    mutating func add(_ other: PersonalSum) {
        spend += other.spend
        if let query = other.dearest, isDearer(query) { dearest = query }
    }

    private func isDearer(_ query: FinishedQuery) -> Bool {
        guard let dearest else { return true }
        let (new, old) = (Spend(query).amount, Spend(dearest).amount)
        return new == old ? query.key.startKey < dearest.key.startKey : new > old
    }

    /// The parts of a query that a message to its person needs: a day may have ten thousand people.
    private static func short(_ query: FinishedQuery) -> FinishedQuery {
        var short = FinishedQuery(key: query.key, state: query.state, user: query.user, dataScanned: query.dataScanned)
        short.userSource = query.userSource
        short.region = query.region
        short.workgroup = query.workgroup
        short.cost = query.cost
        return short
    }
}

extension PersonalSum: JSONReadable {
    private static let dearestKey = "dearest_query"

    /// The members of a line of sums.
    var members: [JSONValue.Member] {
        spend.members + (dearest.map { [.init(Self.dearestKey, $0.document)] } ?? [])
    }

    package init(json line: JSONValue) throws(JSONError) {
        spend = try Spend(json: line)
        dearest = try line[Self.dearestKey].map { query throws(JSONError) in try FinishedQuery(json: query) }
    }
}
