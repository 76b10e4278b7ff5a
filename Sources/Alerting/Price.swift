/// Athena's price for the bytes that queries scan: the settings' own, else the published one of the region.
///
/// https://aws.amazon.com/athena/pricing/
package struct Price: Sendable, Equatable {
    /// US dollars for 2^40 bytes in every region, nil for each region's published price.
    private let perTB: Double?
    /// The prices of 2^40 bytes that the settings name by region, in the currency of the region.
    private let regional: [String: Double]

    package init(perTB: Double?, regional: [String: Double] = [:]) {
        self.perTB = perTB
        self.regional = regional
    }

    /// The measure by which Athena bills an execution, apart from its state and its kind of statement.
    package enum Billing: Sendable, Equatable {
        /// The bytes that it scanned.
        case bytes
        /// Nothing: an earlier result was reused.
        case reusedResult
        /// The capacity that its workgroup reserved.
        case capacity
        /// The time of Spark's DPUs.
        case spark
    }

    /// The bytes of a TB: AWS's own calculator divides by 1024.
    private static let terabyte = 0x1p40
    private static let megabyte: Int64 = 1 << 20
    private static let minimum = 10 * megabyte

    /// Computes the cost of a query. Bytes are rounded up to whole megabytes, with a minimum of ten; a cancelled query
    /// is billed for the bytes that it scanned.
    package func cost(of query: FinishedQuery, billedBy billing: Billing = .bytes) -> Cost {
        switch billing {
        case .spark: return .free(.spark)
        case .capacity: return .free(.provisioned)
        case .reusedResult: return .free(.reused)
        case .bytes: break
        }
        if query.state == .failed { return .free(.failed) }
        if query.statementType == "DDL" { return .free(.definition) }
        // EXPLAIN and EXPLAIN ANALYZE are of one kind; only the second scans, and is billed.
        guard query.dataScanned > 0 else { return .free(.nothingScanned) }
        let (megabytes, rest) = query.dataScanned.quotientAndRemainder(dividingBy: Self.megabyte)
        let bytes = max(Double(megabytes + (rest > 0 ? 1 : 0)) * Double(Self.megabyte), Double(Self.minimum))
        let (price, isEstimate) = price(in: query.region)
        return .billed(Money(bytes / Self.terabyte * price.amount, price.currency), isEstimate: isEstimate)
    }

    /// The price of 2^40 bytes in a region, and whether it is an estimate.
    private func price(in region: String?) -> (Money, isEstimate: Bool) {
        if let region, let own = regional[region] { return (Money(own, .init(ofRegion: region)), false) }
        if let perTB { return (Money(perTB, .dollars), false) }
        let published = PublishedPrice(ofRegion: region)
        return (published.price, published.certainty == .fallback)
    }
}
