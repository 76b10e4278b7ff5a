/// The cost of a query.
package enum Cost: Sendable, Equatable {
    /// Billed by the bytes that it scanned; an estimate where the region's price is not known.
    case billed(Money, isEstimate: Bool = false)
    /// Not billed by bytes.
    case free(FreeReason)

    /// The reason why a query is not billed by bytes.
    package enum FreeReason: String, Sendable, CaseIterable {
        /// Failed queries are not billed.
        case failed
        /// DDL statements are not billed.
        case definition
        /// Athena reused the result of an earlier query.
        case reused
        /// The workgroup pays for capacity instead of bytes.
        case provisioned
        /// Spark is billed by the time of its DPUs.
        case spark
        case nothingScanned = "nothing_scanned"
    }

    /// The amount of money, nil when the query is not billed by bytes.
    package var money: Money? {
        switch self {
        case .billed(let money, _): money
        case .free: nil
        }
    }

    /// The cost in US dollars, 0 when the query is not billed by bytes, and nil when it is billed in another currency.
    package var dollars: Double? {
        guard let money else { return 0 }
        return money.currency == .dollars ? money.amount : nil
    }

    /// The amount in a currency other than US dollars; nil otherwise.
    package var foreignMoney: Money? { money.flatMap { $0.currency == .dollars ? nil : $0 } }

    /// The certainty of the price, nil when the query is not billed by bytes.
    package var certainty: PublishedPrice.Certainty? {
        switch self {
        case .billed(_, let isEstimate): isEstimate ? .fallback : .known
        case .free: nil
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
