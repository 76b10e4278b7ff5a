import Alerting
import JSON
import LambdaRuntime
import Reporting
import Slack
import Testing
import Time

@testable import AWS
@testable import Alerter

@Suite struct SummaryTests {
    private final class FakeChannel: ChannelPosting {
        var posted: [SlackMessage] = []
        var failure: SlackError?

        func post(_ message: SlackMessage, to channel: String, before deadline: Deadline) throws(SlackError) {
            if let failure { throw failure }
            posted.append(message)
        }
    }

    private let slack = FakeChannel()
    private let sending = OneTimeSending(FakeRecords())

    private func sender(_ weekday: ReportSettings.Weekday? = nil) -> SummarySender {
        SummarySender(channel: "#costs", weekday: weekday, slack: slack, sending: sending)
    }

    private func report(people: Int = 3, month: String = "2026-11") throws -> Report {
        var builder = ReportBuilder(try #require(Period(.month, named: month)))
        for number in 0..<people {
            let key = QueryKey(
                startDate: "\(month)-03",
                startTimestamp: "\(month)-03 10:00:00",
                executionID: "\(number)"
            )
            var query = FinishedQuery(key: key, state: .succeeded, user: "<!here> \(number)", dataScanned: 1 << 30)
            query.cost = .billed(Money(Double(number + 1), .dollars))
            query.sql = "select '<!channel>' from t"
            builder.add(HistoryLine(query, sql: .full))
        }
        return builder.report(lastDay: "\(month)-30")
    }

    private func send(_ report: Report) -> String? {
        sender().send(report, context(), before: .after(.seconds(10)))
    }

    // 2026-11-30 is a Monday.
    @Test(
        arguments: [
            ("2026-11-30", nil, []), ("2026-12-01", nil, ["2026-11"]), ("2026-12-03", nil, ["2026-11"]),
            ("2026-12-04", nil, []), ("2026-11-30", .monday, ["2026-W48"]),
            ("2026-12-01", .monday, ["2026-11", "2026-W48"]), ("2026-12-03", .monday, ["2026-11"]),
            ("2026-11-30", .friday, []), ("2026-12-04", .friday, ["2026-W48"]), ("2026-12-06", .friday, ["2026-W48"]),
            ("2026-12-07", .friday, []), ("2026-12-08", .sunday, ["2026-W48"]), ("2026-12-06", .sunday, ["2026-W48"]),
        ] as [(String, ReportSettings.Weekday?, [String])]
    )
    func summariesAreDueOnTheirDayAndTheTwoAfterIt(
        _ day: String,
        _ weekday: ReportSettings.Weekday?,
        _ names: [String]
    ) throws {
        let now = try #require(Timestamp(date: day)) + .seconds(3 * 3600)
        #expect(sender(weekday).due(at: now).map(\.name) == names)
    }

    @Test func aSummaryIsSentOnce() throws {
        let report = try report()
        #expect(send(report) == nil)
        #expect(send(report) == nil)
        #expect(slack.posted.count == 1)
    }

    @Test func aRefusalIsTriedAgain() throws {
        slack.failure = .refused("channel_not_found")
        #expect(send(try report()) == "Slack refused: channel_not_found")
        slack.failure = nil
        #expect(send(try report()) == nil)
        #expect(slack.posted.count == 1)
    }

    @Test func anUnclearAnswerKeepsTheClaimUntilItEnds() throws {
        slack.failure = .unclear("HTTP 500")
        #expect(send(try report()) != nil)
        slack.failure = nil
        #expect(send(try report()) == "another invocation is sending it")
        #expect(slack.posted.isEmpty)
    }

    @Test func theMessageHasChartsOfTheDaysAndATableOfThePeople() throws {
        let message = SummaryMessage(try report(people: 150)).slackMessage
        #expect(message.text == "Athena in 2026-11: $11,325.00")
        let charts = message.blocks.compactMap { if case .chart(let chart) = $0 { chart } else { nil } }
        #expect(charts.map(\.bars.count) == [15, 15])
        #expect(charts.first?.bars[2].value == 11_325)
        let tables = message.blocks.compactMap { if case .table(let table) = $0 { table } else { nil } }
        #expect(tables.map(\.rows.count) == [100])
        #expect(tables.first?.rows.first?.first == .text("<!here> 149"))
    }

    @Test func thePlainLayoutHasNoNewBlocksAndNoMention() throws {
        let message = SummaryMessage(try report(people: 12)).slackMessage
        let isNew = message.plainBlocks.contains {
            if case .chart = $0 { true } else if case .table = $0 { true } else { false }
        }
        #expect(!isNew)
        let text = message.plainBlocks.compactMap { $0.json?.serialized() }.joined()
        #expect(text.contains("&lt;!here&gt; 11: $12.00 in 1 queries"))
        #expect(text.contains("and 2 others"))
        #expect(!text.contains("<!"))
    }
}
