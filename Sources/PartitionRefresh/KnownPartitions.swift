/// A cache of registered partitions, so that a further object in one costs no call.
struct KnownPartitions {
    private static let maximumCount = 20_000
    /// The time after which the cache is cleared: a partition may be dropped meanwhile.
    private static let maximumAge = Duration.seconds(3600)

    private var names: Set<String> = []
    private var end = ContinuousClock.now

    /// Whether a partition is in the cache at a time.
    func contains(_ name: String, at now: ContinuousClock.Instant = .now) -> Bool {
        now <= end && names.contains(name)
    }

    /// Adds a partition. The whole cache is cleared an hour after its first partition.
    mutating func insert(_ name: String, at now: ContinuousClock.Instant = .now) {
        if now > end { names = [] }
        if names.isEmpty { end = now + Self.maximumAge }
        if names.count < Self.maximumCount { names.insert(name) }
    }
}
