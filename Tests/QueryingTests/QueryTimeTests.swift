import Querying
import Testing

@Suite struct QueryTimeTests {
    private func filled(_ text: String, at time: String) throws -> String {
        try #require(QueryTime(time)).filling(text)
    }

    @Test(arguments: [
        ("WHERE dt = '{{date}}'", "WHERE dt = '2024-03-05'"),
        ("{{year}}/{{month}}/{{day}}/{{hour}}", "2024/03/05/04"),
        ("{{timestamp}} {{time}}", "2024-03-05 04:06:07 04:06:07"),
        ("{{date-1}} {{date-5}} {{date+27}}", "2024-03-04 2024-02-29 2024-04-01"),
        ("{{date-365}} {{year-65}}", "2023-03-06 2023"),
        ("no braces {x} }} {", "no braces {x} }} {"),
    ])
    func placeholdersAreFilledIn(_ text: String, _ expected: String) throws {
        #expect(try filled(text, at: "2024-03-05T04:06:07Z") == expected)
    }

    @Test func datesAreRightThroughLeapYears() throws {
        var time = Int64(-86_400)
        let months = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for year in 1970...2100 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, length) in months.enumerated() {
                for day in 1...(month == 1 && !isLeap ? 28 : length) {
                    time += 86_400
                    let date = try QueryTime(secondsSince1970: time).filling("{{date}}")
                    let parts = date.split(separator: "-").compactMap { Int($0) }
                    #expect(parts == [year, month + 1, day])
                    #expect(QueryTime("\(date)T00:00:00Z") == QueryTime(secondsSince1970: time))
                }
            }
        }
    }

    @Test(arguments: ["{{dates}}", "{{}}", "{{date-}}", "{{date-x}}", "{{date--1}}", "{{ date }}", "{{date+9999999}}"])
    func anUnknownPlaceholderIsNamed(_ text: String) {
        let time = QueryTime(secondsSince1970: 0)
        let mistake = #expect(throws: QueryTime.Mistake.self) { try time.filling(text) }
        #expect(mistake?.reason.contains("'\(text)'") == true)
    }

    @Test(arguments: ["", "2024-03-05", "2024-03-05T04:06:07", "2024-13-05T04:06:07Z", "2024-03-05 04:06:07Z", "now"])
    func anotherFormIsNoTime(_ text: String) {
        #expect(QueryTime(text) == nil)
    }
}
