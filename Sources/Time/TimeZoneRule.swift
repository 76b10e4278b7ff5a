/// The rule by which a zone changes its clocks every year, as POSIX writes it in `TZ`: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// https://www.rfc-editor.org/rfc/rfc9636#section-3.3.1
struct TimeZoneRule: Sendable, Equatable {
    /// The seconds by which standard time is ahead of UTC.
    private let standardOffset: Int64
    /// Summer time; nil where clocks never change.
    private let summer: Summer?

    private struct Summer: Equatable {
        let offset: Int64
        let start: Change
        let end: Change
    }

    /// A change of the clocks.
    private struct Change: Equatable {
        enum Day: Equatable {
            /// `Jn`: 1 to 365, where the 29th of February has no number.
            case withoutLeapDay(Int64)
            /// `n`: 0 to 365.
            case withLeapDay(Int64)
            /// `Mm.w.d`: a day of the week from Sunday, the first to fourth of a month, or with 5 the last.
            case weekday(month: Int, week: Int64, day: Int64)
        }

        let day: Day
        /// The seconds after midnight by the clock before the change, which may lie on another day.
        let time: Int64

        /// The reading of the clock before the change, in seconds.
        func local(in year: Int) -> Int64 { dayNumber(in: year) * 86_400 + time }

        private func dayNumber(in year: Int) -> Int64 {
            let first = CalendarDate(year: year, month: 1)
            switch day {
            case .withoutLeapDay(let number):
                return first.dayNumber + number - (first.isInLeapYear && number >= 60 ? 0 : 1)
            case .withLeapDay(let number):
                return first.dayNumber + number
            case .weekday(let month, let week, let day):
                let start = CalendarDate(year: year, month: month)
                let next = CalendarDate(year: month == 12 ? year + 1 : year, month: month % 12 + 1)
                let found = start.dayNumber + (day - start.weekday(from: .sunday) + 7) % 7 + (week - 1) * 7
                return found < next.dayNumber ? found : found - 7
            }
        }
    }

    /// The seconds by which local time is ahead of UTC.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standardOffset }
        let year = CalendarDate(Timestamp(secondsSince1970: seconds + standardOffset)).year
        let start = summer.start.local(in: year) - standardOffset
        let end = summer.end.local(in: year) - summer.offset
        // South of the equator, summer lasts beyond the end of the year.
        let isSummer = start < end ? start <= seconds && seconds < end : seconds < end || start <= seconds
        return isSummer ? summer.offset : standardOffset
    }

    /// Reads a rule; nil for a text that is none.
    init?(_ text: some Sequence<UInt8>) {
        var reader = Reader(text)
        guard reader.skipName(), let behind = reader.time(atMost: 24) else { return nil }
        standardOffset = -behind
        guard !reader.isAtEnd else {
            summer = nil
            return
        }
        guard reader.skipName() else { return nil }
        var offset = standardOffset + 3600
        if !reader.isNext(",") {
            guard let behind = reader.time(atMost: 24) else { return nil }
            offset = -behind
        }
        guard reader.skip(","), let start = reader.change(), reader.skip(","), let end = reader.change(),
            reader.isAtEnd
        else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }

    private struct Reader {
        private var text: ArraySlice<UInt8>

        init(_ text: some Sequence<UInt8>) {
            self.text = Array(text)[...]
        }

        var isAtEnd: Bool { text.isEmpty }

        func isNext(_ character: Unicode.Scalar) -> Bool { text.first == UInt8(ascii: character) }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard isNext(character) else { return false }
            text = text.dropFirst()
            return true
        }

        /// Skips the name of a kind of time: letters, or anything between angle brackets.
        mutating func skipName() -> Bool {
            if skip("<") {
                text = text.drop { $0 != UInt8(ascii: ">") }
                return skip(">")
            }
            let rest = text.drop { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0 & 0xDF) }
            defer { text = rest }
            return rest.count < text.count
        }

        mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
            let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...3).contains(digits.count) else { return nil }
            text = text.dropFirst(digits.count)
            let value = digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            return range.contains(value) ? value : nil
        }

        /// Reads `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(atMost hours: Int64) -> Int64? {
            let sign: Int64 = skip("-") ? -1 : 1
            if sign > 0 { _ = skip("+") }
            guard var seconds = number(0...hours).map({ $0 * 3600 }) else { return nil }
            for unit: Int64 in [60, 1] where skip(":") {
                guard let part = number(0...59) else { return nil }
                seconds += part * unit
            }
            return sign * seconds
        }

        mutating func change() -> Change? {
            guard let day = day() else { return nil }
            guard skip("/") else { return Change(day: day, time: 7200) }
            // Version 3 of the files allows a week more or less than a day.
            return time(atMost: 167).map { Change(day: day, time: $0) }
        }

        private mutating func day() -> Change.Day? {
            if skip("J") { return number(1...365).map(Change.Day.withoutLeapDay) }
            guard skip("M") else { return number(0...365).map(Change.Day.withLeapDay) }
            guard let month = number(1...12), skip("."), let week = number(1...5), skip("."), let day = number(0...6)
            else { return nil }
            return .weekday(month: Int(month), week: week, day: day)
        }
    }
}
