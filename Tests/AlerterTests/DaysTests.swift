import Testing

@testable import Alerter

@Suite struct DaysTests {
    // 31 and 62 days are where a quotient of durations is less than a whole number.
    @Test(arguments: [("2026-10-01", 1), ("2026-10-01..2026-10-31", 31), ("2026-10-01..2026-11-01", 32)])
    func everyDayIsThereOnceAndOneMoreOfDeliveries(_ text: String, _ count: Int) throws {
        let days = try #require(Days(text))
        #expect(days.all.count == count)
        #expect(days.all.last == days.last)
        #expect(days.deliveryFolders.count == count + 1)
    }
}
