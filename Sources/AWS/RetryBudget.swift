/// Keeps a broken service from being flooded: retries spend tokens that only success brings back.
struct RetryBudget {
    private static let capacity = 500
    private var tokens = Self.capacity

    /// Whether the budget holds the price of a retry.
    func covers(_ kind: FailureKind) -> Bool { tokens >= Self.price(of: kind) }

    /// Takes the price of a retry.
    ///
    /// - Returns: the price.
    mutating func spend(on kind: FailureKind) -> Int {
        let price = Self.price(of: kind)
        tokens -= price
        return price
    }

    /// Gives back the tokens that a call had spent when it succeeds, or one token when it had spent none.
    mutating func refund(_ spent: Int) {
        tokens = min(Self.capacity, tokens + max(1, spent))
    }

    private static func price(of kind: FailureKind) -> Int {
        switch kind {
        case .corrected, .permanent: 0
        case .transient: 14
        case .throttling: 5
        }
    }
}
