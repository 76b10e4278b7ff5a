extension AlertDay {
    /// The headline, such as `ada: 7 queries over $5.00 today, 4.2 TiB, $21.40`.
    package func headline(about person: String, for reader: AlertText.Reader) -> String {
        let count = "\(queries) \(queries == 1 ? "query" : "queries")"
        let rest = ": \(count)\(threshold.map { " over \($0)" } ?? "") today, \(size), \(cost)"
        return (reader == .runner ? "You" : AlertText.shortened(person, before: rest)) + rest
    }

    /// The data scanned, such as `4.2 TiB`.
    package var size: String { ByteSize(bytes: dataScanned).description }

    /// The cost in a few words: `$21.40`, `about $21.40`, `not billed`.
    package var cost: String {
        let moneys = Money.Currency.allCases.compactMap { currency in amounts[currency].map { Money($0, currency) } }
        guard !moneys.isEmpty else { return "not billed" }
        if moneys.count == 1, moneys[0].amount < 0.01 { return "less than \(moneys[0].currency.sign)0.01" }
        return (isEstimate ? "about " : "") + moneys.map(\.description).joined(separator: " and ")
    }
}

extension AlertDay.Member {
    /// The cost and the size, such as `$12.10, 2.4 TiB`.
    package var words: String {
        let size = ByteSize(bytes: dataScanned).description
        return money.map { "\($0), \(size)" } ?? size
    }
}
