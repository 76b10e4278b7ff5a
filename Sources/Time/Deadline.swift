/// The moment by which a piece of work must have ended, on a clock that corrections of the time of day do not move.
package struct Deadline: Sendable, Comparable {
    private let instant: ContinuousClock.Instant

    /// Creates a deadline some time after a moment, by default after now.
    package init(after time: Duration, from start: ContinuousClock.Instant = .now) {
        instant = start + time
    }

    /// A deadline some time from now.
    package static func after(_ time: Duration) -> Deadline { Deadline(after: time) }

    /// The time that remains; negative once the deadline has passed.
    package var remaining: Duration { ContinuousClock.now.duration(to: instant) }

    package var hasPassed: Bool { remaining <= .zero }

    /// Whether work that takes some time would end before the deadline.
    package func allows(_ time: Duration) -> Bool { remaining > time }

    /// The deadline that lies some time before this one, for instance to leave time for a report.
    package func reserving(_ time: Duration) -> Deadline { Deadline(after: .zero - time, from: instant) }

    /// The deadline after an equal part of the time that remains now.
    ///
    /// - Parameter count: the number of parts.
    package func share(of count: Int) -> Deadline { .after(remaining / count) }

    package static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}
