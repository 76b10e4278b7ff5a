/// Keeps calls within a quota of a service: a bucket that holds a burst and fills again with time.
struct Pace {
    /// The number of calls that a service takes.
    struct Quota: Sendable {
        /// Calls a second, in the long run.
        let rate: Double
        /// Calls at once, after a rest.
        let burst: Double
    }

    private let quota: Quota
    private var tokens: Double
    private var lastTaken: ContinuousClock.Instant

    init(_ quota: Quota, now: ContinuousClock.Instant = .now) {
        self.quota = quota
        tokens = quota.burst
        lastTaken = now
    }

    /// Takes calls out of the quota, ahead of time when it does not hold them.
    ///
    /// - Returns: how long to wait before they are made.
    mutating func take(_ count: Int, now: ContinuousClock.Instant = .now) -> Duration {
        tokens = min(quota.burst, tokens + lastTaken.duration(to: now) / .seconds(1) * quota.rate) - Double(count)
        lastTaken = now
        return .seconds(max(0, -tokens / quota.rate))
    }
}
