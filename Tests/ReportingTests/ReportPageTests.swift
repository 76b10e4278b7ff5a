import Alerting
import Reporting
import Testing

@Suite struct ReportPageTests {
    private func report(
        _ lines: [HistoryLine],
        period: String = "2026-11",
        lastDay: String = "2026-11-30"
    ) throws -> Report {
        var builder = ReportBuilder(try #require(Period(.month, named: period)))
        for line in lines { builder.add(line) }
        return builder.report(lastDay: lastDay)
    }

    @Test func namesAndSQLAreEscaped() throws {
        let evil = "<script>alert('x')</script>\"&\u{0}\u{1B}"
        var query = HistoryFixture.query(user: evil, workgroup: evil)
        query.tool = evil
        query.database = evil
        query.accountID = evil
        query.sql = "select \"\(evil)\""
        let other = HistoryFixture.query(2)
        let page = ReportPage(try report([HistoryLine(query, sql: .full), HistoryFixture.line(other)])).html
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("\u{0}"))
        #expect(!page.contains("\u{1B}"))
        #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\u{FFFD}\u{FFFD}"))
    }

    @Test func aLinkOfAQueryLeadsToTheConsoleAlone() throws {
        var query = HistoryFixture.query()
        query.region = "x\" onclick=\"y"
        #expect(!ReportPage(try report([HistoryFixture.line(query)])).html.contains("href"))
        query.region = "eu-west-1"
        let page = ReportPage(try report([HistoryFixture.line(query)])).html
        #expect(page.contains("href=\"https://eu-west-1.console.aws.amazon.com/athena/"))
    }

    @Test func theTotalAndTheChangeAreThoseOfTheSums() throws {
        let lines =
            (0..<4).map { HistoryFixture.line(HistoryFixture.query($0)) }
            + (10..<12).map { HistoryFixture.line(HistoryFixture.query($0, day: "2026-10-03")) }
        let whole = try report(lines)
        #expect(whole.change == "+100.0 % against 2026-10 ($2.50)")
        let page = ReportPage(whole).html
        #expect(page.contains("<dt>Cost</dt><dd>$5.00</dd><dd class=note>+100.0 % against 2026-10 ($2.50)</dd>"))
        #expect(page.contains("<dt>Scanned</dt><dd>4.0 TiB</dd><dd class=note>in 4 queries</dd>"))
    }

    @Test func anUnfinishedPeriodIsComparedWithAsManyDays() throws {
        let lines = [
            HistoryFixture.line(HistoryFixture.query(1, day: "2026-11-02")),
            HistoryFixture.line(HistoryFixture.query(2, day: "2026-10-02")),
            HistoryFixture.line(HistoryFixture.query(3, day: "2026-10-20")),
        ]
        let partial = try report(lines, lastDay: "2026-11-10")
        #expect(partial.change == "+0.0 % against the first 10 days of 2026-10 ($1.25)")
        #expect(partial.days.count == 10)
        #expect(ReportPage(partial).html.contains("<h1>Athena in 2026-11, so far</h1>"))
    }

    @Test func aMonthWithoutQueriesHasAPage() throws {
        let page = ReportPage(try report([])).html
        #expect(page.contains("<dt>Cost</dt><dd>$0.00</dd><dd class=note>nothing to compare with</dd>"))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test func aMonthOfTenThousandPeopleMakesAPageBelowTwoMegabytes() throws {
        let lines = (0..<20_000).map { number in
            var query = HistoryFixture.query(
                number,
                user: "somebody.with.a.long.name.\(number % 10_000)@example.com",
                workgroup: "workgroup-\(number % 900)"
            )
            query.sql =
                number < 100
                ? "select " + String(repeating: "column_\(number), ", count: 200) + "1" : "select \(number)"
            query.database = "database-\(number % 3000)"
            query.tool = "tool-\(number % 500)"
            return HistoryLine(query, sql: .full)
        }
        let page = ReportPage(try report(lines)).html
        #expect(page.utf8.count < 2_000_000)
        #expect(page.contains("<th scope=row>9,960 others</th><td class=n data-v=24900000000000>$24,900.00</td>"))
    }

    @Test func theSameReportGivesTheSameBytes() throws {
        let lines = (0..<300).map { HistoryFixture.line(HistoryFixture.query($0, user: "user\($0 % 40)")) }
        #expect(try ReportPage(report(lines)).html == ReportPage(report(lines.reversed())).html)
    }
}
