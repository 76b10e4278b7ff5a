import Testing
import Time

@Suite struct TimestampTests {
    @Test func everyDayOfTwoHundredYearsIsTheNextOne() throws {
        var day = Timestamp(secondsSince1970: -2_208_988_800)
        let months = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for year in 1900...2100 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, length) in months.enumerated() {
                for date in 1...(month == 1 && !isLeap ? 28 : length) {
                    #expect(day.date.split(separator: "-").map { Int($0) } == [year, month + 1, date])
                    #expect(Timestamp(date: day.date) == day)
                    day = day + .days(1)
                }
            }
        }
    }

    @Test func aMomentIsWrittenInTheUsualForms() {
        let time = Timestamp(millisecondsSince1970: 1_709_611_567_089)
        #expect(time.date == "2024-03-05")
        #expect(time.dateAndTime == "2024-03-05 04:06:07")
        #expect(time.iso8601 == "2024-03-05T04:06:07Z")
        #expect(time.iso8601WithMilliseconds == "2024-03-05T04:06:07.089Z")
        #expect(Timestamp(millisecondsSince1970: -1).iso8601WithMilliseconds == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(secondsSince1970: -62_135_596_800).dateAndTime == "0001-01-01 00:00:00")
        #expect(Timestamp(date: "0000-02-29") == nil && Timestamp(date: "0001-02-28")?.date == "0001-02-28")
    }

    @Test(arguments: [
        ("2024-03-05T04:06:07Z", 1_709_611_567_000), ("2024-03-05T04:06:07.000Z", 1_709_611_567_000),
        ("2024-03-05T04:06:07.5Z", 1_709_611_567_500), ("2024-03-05T04:06:07.0891234Z", 1_709_611_567_089),
        ("1969-12-31T23:59:59.25Z", -750), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ])
    func aMomentIsRead(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(iso8601: text) == Timestamp(millisecondsSince1970: milliseconds))
    }

    @Test(arguments: [
        "", "Z", "now", "2024-03-05", "2024-03-05T04:06:07", "2024-03-05 04:06:07Z", "2024-03-05T04:06:07+00:00",
        "2024-13-05T04:06:07Z", "2024-00-05T04:06:07Z", "2024-02-30T04:06:07Z", "2024-03-00T04:06:07Z",
        "2024-03-05T24:06:07Z", "0000-03-05T04:06:07Z", "2024-03-05T04:60:07Z", "2024-03-05T04:06:60Z",
        "2024-03-05T04:06:07.Z",
        "2024-03-05T04:06:07.xZ", "2024-03-05T04:06:07,5Z", "2024-03-05T04:06:0٧Z", " 2024-03-05T04:06:07Z",
        "2024-03-05T04:06:07Zulu", "+024-03-05T04:06:07Z",
    ])
    func aTimeThatDoesNotExistIsRefused(_ text: String) {
        #expect(Timestamp(iso8601: text) == nil)
        #expect(Timestamp(dateAndTime: text) == nil)
        #expect(text == "2024-03-05" || Timestamp(date: text) == nil)
    }

    @Test func momentsAreClampedToTheCalendar() {
        let last = Timestamp(millisecondsSince1970: .max)
        #expect(last.dateAndTime == "9999-12-31 23:59:59")
        #expect(Timestamp(secondsSince1970: .max) == last && last + .days(1) == last)
        #expect(last + .seconds(Int64.max) == last && last - .days(1) < last)
        let first = Timestamp(secondsSince1970: Int64.min)
        #expect(first.dateAndTime == "0001-01-01 00:00:00" && first - .seconds(Int64.max) == first)
    }

    @Test(arguments: [1e300, -1e300, .infinity, .nan, 253_402_300_800])
    func aNumberOutsideOfTheCalendarIsRefused(_ seconds: Double) {
        #expect(Timestamp(fractionalSecondsSince1970: seconds) == nil)
    }

    @Test func momentsAreApartByATime() {
        let start = Timestamp(millisecondsSince1970: 1500)
        #expect(start + .milliseconds(250) - start == .milliseconds(250))
        #expect(start - .seconds(2) == Timestamp(millisecondsSince1970: -500))
        #expect(Timestamp(fractionalSecondsSince1970: 1.5) == start && start.secondsSince1970 == 1)
        #expect(Timestamp(millisecondsSince1970: -500).secondsSince1970 == -1)
    }
}
