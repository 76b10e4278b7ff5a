import Reporting
import Testing
import Time

@Suite struct PeriodTests {
    @Test(
        arguments: [
            ("2026-11", "2026-11-01", "2026-11-30", "2026-10"),
            ("2026-01", "2026-01-01", "2026-01-31", "2025-12"),
            ("2024-02", "2024-02-01", "2024-02-29", "2024-01"),
        ]
    )
    func aMonthHasItsDays(_ name: String, _ first: String, _ last: String, _ before: String) throws {
        let month = try #require(Period(.month, named: name))
        #expect(month.days.first == first)
        #expect(month.days.last == last)
        #expect(month.previous.name == before)
    }

    // The expected days are those of Python's date.isocalendar.
    @Test(
        arguments: [
            ("2026-W48", "2026-11-23", "2026-W47"), ("2026-W53", "2026-12-28", "2026-W52"),
            ("2027-W01", "2027-01-04", "2026-W53"), ("2025-W01", "2024-12-30", "2024-W52"),
            ("2021-W01", "2021-01-04", "2020-W53"),
        ]
    )
    func aWeekBeginsOnMonday(_ name: String, _ first: String, _ before: String) throws {
        let week = try #require(Period(.week, named: name))
        #expect(week.days.first == first)
        #expect(week.days.count == 7)
        #expect(week.previous.name == before)
        let last = try #require(week.days.last.flatMap { Timestamp(date: $0) })
        #expect(Period(.week, containing: last + .seconds(86_399)) == week)
        #expect(Period(.week, containing: last + .seconds(86_400)) != week)
    }

    @Test(arguments: ["2026-13", "2026-1", "2026", "2026-11-01", "", "2026-W48", "x-11", "-11"])
    func anotherTextIsNoMonth(_ name: String) {
        #expect(Period(.month, named: name) == nil)
    }

    @Test(arguments: ["2026-W54", "2026-W00", "2026-W5", "2025-W53", "2026-48", "2026-w48", "2026-W048", ""])
    func anotherTextIsNoWeek(_ name: String) {
        #expect(Period(.week, named: name) == nil)
    }

    @Test func aPeriodIsOverAfterItsLastSecond() throws {
        let month = try #require(Period(.month, named: "2026-11"))
        let end = try #require(Timestamp(date: "2026-12-01"))
        #expect(month.isOver(at: end))
        #expect(!month.isOver(at: end - .seconds(1)))
    }
}
