import Glibc

/// A moment in UTC, to the millisecond, clamped to the years 1 to 9999.
package struct Timestamp: Sendable, Hashable, Comparable {
    private static let calendar: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
    /// Wider than the calendar, and narrow enough that a conversion to milliseconds does not overflow.
    private static let seconds: ClosedRange<Int64> = -1_000_000_000_000...1_000_000_000_000

    /// Milliseconds since 1970, without leap seconds.
    package let millisecondsSince1970: Int64

    package init(millisecondsSince1970 milliseconds: Int64) {
        millisecondsSince1970 = milliseconds.clamped(to: Self.calendar)
    }

    /// Creates a moment at a full second.
    package init(secondsSince1970 seconds: Int64) {
        self.init(millisecondsSince1970: seconds.clamped(to: Self.seconds) * 1000)
    }

    /// Creates a moment from a number that a service sent; nil for a number outside of the calendar.
    package init?(fractionalSecondsSince1970 seconds: Double) {
        let milliseconds = seconds * 1000
        guard milliseconds >= Double(Self.calendar.lowerBound), milliseconds <= Double(Self.calendar.upperBound) else {
            return nil
        }
        self.init(millisecondsSince1970: Int64(milliseconds.rounded()))
    }

    /// The moment by this machine's clock.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(millisecondsSince1970: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Whole seconds since 1970, without leap seconds.
    package var secondsSince1970: Int64 {
        let (seconds, milliseconds) = millisecondsSince1970.quotientAndRemainder(dividingBy: 1000)
        return milliseconds < 0 ? seconds - 1 : seconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSince1970 < right.millisecondsSince1970
    }

    /// The time from one moment to another.
    package static func - (end: Timestamp, start: Timestamp) -> Duration {
        .milliseconds(end.millisecondsSince1970 - start.millisecondsSince1970)
    }

    package static func + (start: Timestamp, time: Duration) -> Timestamp {
        let (seconds, attoseconds) = time.components
        let milliseconds = seconds.clamped(to: Self.seconds) * 1000 + attoseconds / 1_000_000_000_000_000
        return Timestamp(millisecondsSince1970: start.millisecondsSince1970 + milliseconds)
    }

    package static func - (end: Timestamp, time: Duration) -> Timestamp { end + (.zero - time) }
}

extension Duration {
    /// A number of days of 24 hours.
    package static func days(_ count: Int64) -> Duration { .seconds(86_400) * count }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
