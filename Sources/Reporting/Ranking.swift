package import Alerting

/// Names by what they spent, the dearest first.
package struct Ranking: Sendable {
    /// A name and what it came to.
    package struct Entry: Sendable, Equatable {
        package let name: String
        package let spend: Spend
    }

    package let entries: [Entry]

    package init(_ spends: [String: Spend], currency: Money.Currency) {
        entries = spends.map { Entry(name: $0.key, spend: $0.value) }.sorted { left, right in
            if left.spend[currency] != right.spend[currency] { return left.spend[currency] > right.spend[currency] }
            if left.spend.bytes != right.spend.bytes { return left.spend.bytes > right.spend.bytes }
            return left.name < right.name
        }
    }

    /// The sum of all but the first names.
    package func others(after count: Int) -> Spend {
        entries.dropFirst(count).reduce(into: Spend()) { $0 += $1.spend }
    }
}
