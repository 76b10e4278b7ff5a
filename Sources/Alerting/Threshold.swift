/// The point from which on a query is alerted.
package enum Threshold: Sendable, Equatable {
    /// A size of the data that the query scanned.
    case size(ByteSize)
    /// An amount that the query cost.
    case cost(Money)
    /// No query is alerted.
    case never

    /// Reads a size such as `100 GiB`, or an amount such as `$0.50`; nil for anything else.
    package init?(_ text: String) {
        if let money = Money(text) {
            self = .cost(money)
        } else if let size = ByteSize(text) {
            self = .size(size)
        } else {
            return nil
        }
    }

    /// Whether a query reaches this threshold: it equals or exceeds it.
    ///
    /// A query that is not billed reaches no amount, and neither does one that is billed in another currency.
    func isReached(by query: FinishedQuery) -> Bool {
        switch self {
        case .size(let size): return ByteSize(bytes: query.dataScanned) >= size
        case .cost(let threshold):
            guard let money = query.cost?.money, money.currency == threshold.currency else { return false }
            return money.amount >= threshold.amount
        case .never: return false
        }
    }

    /// The threshold that is so many times as high.
    func multiplied(by factor: Int64) -> Threshold {
        switch self {
        case .size(let size): .size(ByteSize(bytes: min(size.bytes, Int64.max / factor) * factor))
        case .cost(let money): .cost(Money(money.amount * Double(factor), money.currency))
        case .never: .never
        }
    }
}

extension Threshold: CustomStringConvertible {
    /// The size or the amount, such as `100.0 GiB`, `$0.50` or `never`.
    package var description: String {
        switch self {
        case .size(let size): "\(size)"
        // An amount of less than a cent would look like nothing.
        case .cost(let money) where money.amount < 0.01: "\(money.currency.sign)\(money.amount)"
        case .cost(let money): "\(money)"
        case .never: "never"
        }
    }
}
