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
        dayNumber = Self.floor(time.secondsSince1970, 86_400)
        // A year that begins in March has its leap day at its end, and so do four years, a century and four centuries.
        let (fourCenturies, rest) = (Int(dayNumber) + Self.daysBefore1970).quotientAndRemainder(dividingBy: 146_097)
        let years = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365
        let dayOfYear = rest - (years * 365 + years / 4 - years / 100)
        // The months from March on have 153 days in five.
        let months = (dayOfYear * 5 + 2) / 153
        month = months < 10 ? months + 3 : months - 9
        day = dayOfYear - (months * 153 + 2) / 5 + 1
        year = fourCenturies * 400 + years + (month > 2 ? 0 : 1)
    }

    /// The first or another day of a month.
    init(year: Int, month: Int, day: Int = 1) {
        (self.year, self.month, self.day) = (year, month, day)
        let (years, months) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1
        dayNumber = Int64(days - Self.daysBefore1970)
    }

    /// Whether there is a day with these numbers since the year 1.
    static func exists(year: Int, month: Int, day: Int) -> Bool {
        guard year >= 1, (1...12).contains(month) else { return false }
        let length = month == 2 ? (isLeap(year) ? 29 : 28) : 30 + (month + month / 8) % 2
        return (1...length).contains(day)
    }

    /// The days from 1 March of the year 0, in the Gregorian calendar, to 1 January 1970.
    private static let daysBefore1970 = 719_468

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// The days since the week began.
    func weekday(from start: WeekStart) -> Int64 {
        let days = dayNumber + start.rawValue
        return days - Self.floor(days, 7) * 7
    }

    /// Whether the year has 366 days.
    var isInLeapYear: Bool { Self.isLeap(year) }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}
