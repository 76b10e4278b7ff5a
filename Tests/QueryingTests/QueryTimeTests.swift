import Querying
import Testing
import Time

@Suite struct QueryTimeTests {
    private func filled(_ text: String, at time: String) throws -> String {
        try QueryTime(#require(Timestamp(iso8601: time))).filling(text)
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

    @Test(arguments: ["{{dates}}", "{{}}", "{{date-}}", "{{date-x}}", "{{date--1}}", "{{ date }}", "{{date+9999999}}"])
    func anUnknownPlaceholderIsNamed(_ text: String) {
        let time = QueryTime(Timestamp(secondsSince1970: 0))
        let mistake = #expect(throws: QueryTime.Mistake.self) { try time.filling(text) }
        #expect(mistake?.reason.contains("'\(text)'") == true)
    }
}
