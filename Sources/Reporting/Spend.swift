package import Alerting
package import JSON

/// The sum of some queries. Money is in billionths, in which the price of every megabyte is whole: sums of it are
/// exact, in whatever order they are made.
package struct Spend: Sendable, Equatable {
    package private(set) var queries = 0
    package private(set) var failed = 0
    package private(set) var cancelled = 0
    /// The queries whose cost is not known.
    package private(set) var unpriced = 0
    package private(set) var bytes: Int64 = 0
    private var dollars: Int64 = 0
    private var yuan: Int64 = 0

    private static let billionths = 1e9

    package init() {}

    /// Creates the spend of one query.
    package init(_ query: FinishedQuery) {
        queries = 1
        failed = query.state == .failed ? 1 : 0
        cancelled = query.state == .cancelled ? 1 : 0
        bytes = max(0, query.dataScanned)
        switch query.cost {
        case nil: unpriced = 1
        case .free: break
        case .billed(let money, _):
            // A larger number than all the money there is would overflow the sums.
            guard let amount = Int64(exactly: (money.amount * Self.billionths).rounded()), amount < 1 << 53 else {
                unpriced = 1
                return
            }
            switch money.currency {
            case .dollars: dollars = amount
            case .yuan: yuan = amount
            }
        }
    }

    /// The money in one currency, in billionths.
    package subscript(currency: Money.Currency) -> Int64 {
        switch currency {
        case .dollars: dollars
        case .yuan: yuan
        }
    }

    /// The money in one currency.
    package func money(in currency: Money.Currency) -> Money {
        Money(Double(self[currency]) / Self.billionths, currency)
    }

    package static func += (sum: inout Spend, part: Spend) {
        sum.queries += part.queries
        sum.failed += part.failed
        sum.cancelled += part.cancelled
        sum.unpriced += part.unpriced
        sum.bytes &+= part.bytes
        sum.dollars &+= part.dollars
        sum.yuan &+= part.yuan
    }
}

extension Spend: JSONReadable {
    /// The members of a line of sums. Money is written in its own unit, for readers that use SQL.
    var members: [JSONValue.Member] {
        [
            .init("queries", .integer(Int64(queries))),
            .init("failed", .integer(Int64(failed))),
            .init("cancelled", .integer(Int64(cancelled))),
            .init("unpriced", .integer(Int64(unpriced))),
            .init("data_scanned", .integer(bytes)),
            .init("cost_usd", .number(Double(dollars) / Self.billionths)),
            .init("cost_cny", .number(Double(yuan) / Self.billionths)),
        ]
    }

    package init(json line: JSONValue) throws(JSONError) {
        queries = try line.count("queries")
        failed = try line.count("failed")
        cancelled = try line.count("cancelled")
        unpriced = try line.count("unpriced")
        bytes = try line.required("data_scanned")
        dollars = try line.billionths("cost_usd")
        yuan = try line.billionths("cost_cny")
    }
}

extension JSONValue {
    fileprivate func count(_ name: String) throws(JSONError) -> Int {
        let count: Int64 = try required(name)
        return Int(count)
    }

    fileprivate func billionths(_ name: String) throws(JSONError) -> Int64 {
        let amount: Double = try required(name)
        guard let whole = Int64(exactly: (amount * 1e9).rounded()) else {
            throw .unexpected(place: name, problem: "the amount is too large")
        }
        return whole
    }
}
