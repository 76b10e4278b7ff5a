/// An amount of money.
package struct Money: Sendable, Equatable {
    package let amount: Double
    package let currency: Currency

    /// A currency in which AWS bills.
    package enum Currency: String, Sendable, CaseIterable {
        case dollars = "USD"
        /// AWS bills its regions in China in yuan.
        case yuan = "CNY"

        /// The currency in which AWS bills a region.
        package init(ofRegion region: String?) {
            self = region?.hasPrefix("cn-") == true ? .yuan : .dollars
        }

        /// The sign before the amount.
        package var sign: String {
            switch self {
            case .dollars: "$"
            case .yuan: "¥"
            }
        }
    }

    package init(_ amount: Double, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    /// Reads an amount with its sign, such as `$5` or `$0.50`; nil for anything else.
    package init?(_ text: String) {
        guard let currency = Currency.allCases.first(where: { text.hasPrefix($0.sign) }) else { return nil }
        let digits = text.dropFirst()
        guard digits.first != ".", digits.last != ".",
            digits.allSatisfy({ $0.isASCII && ($0.isWholeNumber || $0 == ".") }), let amount = Double(digits),
            amount.isFinite
        else { return nil }
        self.init(amount, currency)
    }
}

extension Money: CustomStringConvertible {
    /// The amount with its sign and two decimals, such as `$1,234.57`.
    package var description: String { currency.sign + amount.formatted(decimals: 2, isGrouped: true) }
}
