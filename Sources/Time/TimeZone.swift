/// The local time of a place, from a file of the IANA time zone database.
package struct TimeZone: Sendable, Equatable {
    /// The name in the database, such as `Europe/Berlin`.
    package let name: String
    /// The seconds since 1970 at which the offset changes, in order.
    let changes: [Int64]
    /// The seconds by which local time is ahead of UTC: before the first change, and from each change on.
    let offsets: [Int64]
    /// The rule for the time from the last change on; nil when the last offset holds for good.
    let rule: TimeZoneRule?

    /// Coordinated universal time, which needs no file.
    package static let utc = TimeZone(name: "UTC", changes: [], offsets: [0], rule: nil)

    init(name: String, changes: [Int64], offsets: [Int64], rule: TimeZoneRule?) {
        self.name = name
        self.changes = changes
        self.offsets = offsets
        self.rule = rule
    }

    /// A part of the calendar that begins at midnight.
    package enum CalendarUnit: Sendable, CaseIterable {
        case day
        /// Seven days from Monday.
        case week
        case month
    }

    /// The reading of a clock there, as a moment whose forms in UTC show it.
    package func local(_ time: Timestamp) -> Timestamp {
        Timestamp(millisecondsSince1970: time.millisecondsSince1970 + offset(at: time.secondsSince1970) * 1000)
    }

    /// The day there, `YYYY-MM-DD`.
    package func date(of time: Timestamp) -> String { local(time).date }

    /// The first moment of the day, week or month there.
    package func start(of unit: CalendarUnit, around time: Timestamp) -> Timestamp {
        moment(ofMidnight: unit.start(around: local(time)))
    }

    /// The first moment after the day, week or month there.
    package func end(of unit: CalendarUnit, around time: Timestamp) -> Timestamp {
        moment(ofMidnight: unit.start(around: unit.start(around: local(time)) + unit.longestLength))
    }

    /// The first moment at which a day there begins. Where clocks skip midnight, that is the moment of the change.
    private func moment(ofMidnight midnight: Timestamp) -> Timestamp {
        let local = midnight.secondsSince1970
        let day = Int64(86_400)
        let around = [offset(at: local - day), offset(at: local + day)].sorted()
        var early = local - around[1]
        var late = local - around[0]
        if early + offset(at: early) == local { return Timestamp(secondsSince1970: early) }
        if late + offset(at: late) == local { return Timestamp(secondsSince1970: late) }
        while late - early > 1 {
            let middle = early + (late - early) / 2
            if middle + offset(at: middle) < local { early = middle } else { late = middle }
        }
        return Timestamp(secondsSince1970: late)
    }

    /// The seconds by which local time is ahead of UTC.
    private func offset(at seconds: Int64) -> Int64 {
        // The first change that is still to come.
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        if low == changes.count, let rule { return rule.offset(at: seconds) }
        return offsets[low]
    }
}

extension TimeZone.CalendarUnit {
    /// Midnight at the start of the unit; both times are readings of a clock.
    fileprivate func start(around local: Timestamp) -> Timestamp {
        let date = CalendarDate(local)
        let day =
            switch self {
            case .day: date.dayNumber
            case .week: date.dayNumber - date.weekday(from: .monday)
            case .month: date.dayNumber - Int64(date.day - 1)
            }
        return Timestamp(secondsSince1970: day * 86_400)
    }

    /// At least the length of the unit, and less than two of them.
    fileprivate var longestLength: Duration {
        switch self {
        case .day: .days(1)
        case .week: .days(7)
        case .month: .days(31)
        }
    }
}
