/// The use of Athena that a budget has counted: bytes, money and queries.
package struct Spending: Sendable, Equatable {
    package var bytes: Int64
    package var dollars: ExactAmount
    package var yuan: ExactAmount
    package var queries: Int64

    package init(bytes: Int64 = 0, dollars: ExactAmount = .zero, yuan: ExactAmount = .zero, queries: Int64 = 0) {
        self.bytes = bytes
        self.dollars = dollars
        self.yuan = yuan
        self.queries = queries
    }

    /// The use by one query; what it cost is what its row shows.
    package init(of query: FinishedQuery) {
        self.init(bytes: query.dataScanned, money: query.cost?.money)
    }

    /// Creates the use by one query from its size and what it cost; nil for one that is not billed by bytes.
    package init(bytes: Int64, money: Money?) {
        self.init(bytes: bytes, queries: 1)
        guard let money else { return }
        switch money.currency {
        case .dollars: dollars = ExactAmount(money.amount)
        case .yuan: yuan = ExactAmount(money.amount)
        }
    }

    package static func + (left: Spending, right: Spending) -> Spending {
        Spending(
            bytes: sum(left.bytes, right.bytes),
            dollars: left.dollars + right.dollars,
            yuan: left.yuan + right.yuan,
            queries: sum(left.queries, right.queries)
        )
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
