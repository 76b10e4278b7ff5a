/// The price of 2^40 bytes scanned as AWS publishes it for a region, with its source.
package struct PublishedPrice: Sendable, Equatable {
    package let price: Money
    package let certainty: Certainty
    /// The day of the source, `YYYY-MM-DD`; the first of the month where only that is known.
    package let date: String
    package let source: Source

    /// Whether the price is the region's own.
    package enum Certainty: String, Sendable {
        /// The sources state the price of this region, and agree.
        case known
        /// No source states it, or an older source states another: the most likely price stands in.
        case fallback
    }

    /// The place where a price was read.
    package enum Source: Sendable {
        /// AWS's public price list, https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonAthena/current/index.json
        case priceList
        /// The data of https://calculator.aws.
        case calculator
        /// Documentation of AWS in China that names Athena's price.
        case documentation
        /// https://github.com/dnmfarrell/tampermonkey-athena-cost-estimator
        case costEstimator
        /// A published report of what Athena cost in the region.
        case costReport
        /// The price of other regions with the currency.
        case otherRegions
    }

    /// The price of a region.
    package init(ofRegion region: String?) {
        self = region.flatMap { Self.table[$0] } ?? Self.fallback(in: .init(ofRegion: region))
    }

    init(_ amount: Double, _ currency: Money.Currency, _ certainty: Certainty, of date: String, from source: Source) {
        self.price = Money(amount, currency)
        self.certainty = certainty
        self.date = date
        self.source = source
    }

    /// The price that stands in for one that is not known: that of most regions with the currency.
    private static func fallback(in currency: Money.Currency) -> PublishedPrice {
        switch currency {
        case .dollars: PublishedPrice(5.00, .dollars, .fallback, of: "2026-09-11", from: .otherRegions)
        case .yuan: PublishedPrice(34.34, .yuan, .fallback, of: "2023-06-01", from: .otherRegions)
        }
    }
}
