import Alerting

/// The form in which a report shows amounts.
enum Amounts {
    /// Money in billionths, such as `$1,234.57`; less than half a cent is not nothing.
    static func money(_ billionths: Int64, _ currency: Money.Currency) -> String {
        if billionths > 0, billionths < 5_000_000 { return "<\(currency.sign)0.01" }
        return Money(Double(billionths) / 1e9, currency).description
    }

    /// A number with commas between the thousands.
    static func count(_ count: Int) -> String { String(count).groupedByThousands }

    /// A share of a whole in percent, with one decimal.
    static func share(_ part: Int64, of whole: Int64) -> String {
        whole > 0 ? (Double(part) / Double(whole) * 100).formatted(decimals: 1) + " %" : ""
    }

    static func size(_ bytes: Int64) -> String { ByteSize(bytes: bytes).description }
}
