/// The cost of a query.
package enum Cost: Sendable, Equatable {
    /// Billed by the bytes that it scanned.
    case billed(dollars: Double)
    /// Not billed by bytes.
    case free(FreeReason)

    /// The reason why a query is not billed by bytes.
    package enum FreeReason: String, Sendable {
        /// Failed queries are not billed.
        case failed
        /// DDL statements are not billed.
        case definition
        /// Athena reused the result of an earlier query.
        case reused
        /// The workgroup pays for capacity instead of bytes.
        case provisioned
        case nothingScanned = "nothing_scanned"
    }

    /// The cost in US dollars, 0 when the query is not billed by bytes.
    package var dollars: Double {
        switch self {
        case .billed(let dollars): dollars
        case .free: 0
        }
    }

    /// The reason why the query is not billed by bytes, nil when it is.
    package var freeReason: FreeReason? {
        switch self {
        case .billed: nil
        case .free(let reason): reason
        }
    }
}

/// Athena's price for the bytes that queries scan.
///
/// https://aws.amazon.com/athena/pricing/
package struct Price: Sendable, Equatable {
    /// US dollars per 2^40 bytes in every region, nil for each region's published price.
    private let perTB: Double?

    package init(perTB: Double?) {
        self.perTB = perTB
    }

    private static let terabyte = 0x1p40
    private static let megabyte: Int64 = 1 << 20
    private static let minimum = 10 * megabyte

    /// US dollars per 2^40 bytes as published on 2022-12-13, in regions that are not listed below.
    private static let usualPrice = 5.0
    private static let regionalPrices = [
        "us-west-1": 6.75, "af-south-1": 6.00, "ap-east-1": 5.50, "ap-northeast-3": 6.00, "ap-southeast-2": 5.75,
        "ca-central-1": 5.50, "eu-south-1": 5.25, "eu-west-3": 7.00, "me-south-1": 6.50, "sa-east-1": 9.00,
    ]

    /// Computes the cost of a query. Bytes are rounded up to whole megabytes, with a minimum of ten; a cancelled query
    /// is billed for the bytes that it scanned.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - isReused: whether Athena reused an earlier result.
    ///   - isProvisioned: whether the workgroup pays for capacity.
    package func cost(of query: FinishedQuery, isReused: Bool = false, isProvisioned: Bool = false) -> Cost {
        if isProvisioned { return .free(.provisioned) }
        if isReused { return .free(.reused) }
        if query.state == .failed { return .free(.failed) }
        if query.statementType == "DDL" { return .free(.definition) }
        guard query.dataScanned > 0 else { return .free(.nothingScanned) }
        let (megabytes, rest) = query.dataScanned.quotientAndRemainder(dividingBy: Self.megabyte)
        let bytes = max(Double(megabytes + (rest > 0 ? 1 : 0)) * Double(Self.megabyte), Double(Self.minimum))
        let price = perTB ?? query.region.flatMap { Self.regionalPrices[$0] } ?? Self.usualPrice
        return .billed(dollars: bytes / Self.terabyte * price)
    }
}
