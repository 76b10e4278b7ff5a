/// The partitions that their tables were told of, so that a further object in one costs nothing.
struct KnownPartitions {
    private static let maximumCount = 20_000
    /// For how long they are believed in: somebody may drop a partition.
    private static let maximumAge = Duration.seconds(3600)

    private var names: Set<String> = []
    private var end = ContinuousClock.now

    /// Whether a partition is one of them at a time.
    func contains(_ name: String, at now: ContinuousClock.Instant = .now) -> Bool {
        now <= end && names.contains(name)
    }

    /// Remembers a partition. All of them are forgotten together, an hour after the first.
    mutating func insert(_ name: String, at now: ContinuousClock.Instant = .now) {
        if now > end { names = [] }
        if names.isEmpty { end = now + Self.maximumAge }
        if names.count < Self.maximumCount { names.insert(name) }
    }
}
