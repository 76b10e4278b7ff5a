import Glibc

/// A day of the Gregorian calendar.
struct CalendarDate {
    let year: Int
    /// 1 to 12.
    let month: Int
    /// 1 to 31.
    let day: Int
    /// The days since 1 January 1970.
    let dayNumber: Int64

    /// The first day of a week.
    enum WeekStart: Int64 {
        case sunday = 4
        case monday = 3
    }

    /// The day of a moment in UTC.
    init(_ time: Timestamp) {
        var seconds = time_t(time.secondsSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        year = Int(parts.tm_year) + 1900
        month = Int(parts.tm_mon) + 1
        day = Int(parts.tm_mday)
        dayNumber = Self.floor(time.secondsSince1970, 86_400)
    }

    /// The first day of a month.
    init(year: Int, month: Int) {
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1900), Int32(month - 1), 1)
        self.init(Timestamp(secondsSince1970: Int64(timegm(&parts))))
    }

    /// The days since the week began.
    func weekday(from start: WeekStart) -> Int64 {
        let days = dayNumber + start.rawValue
        return days - Self.floor(days, 7) * 7
    }

    /// Whether the year has 366 days.
    var isInLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}
