import Alerting
import Reporting
import Slack

/// The summary of a month or week as a message: in Slack's own charts and tables, and in plain sections for workspaces that
/// do not have those yet.
struct SummaryMessage {
    private static let plainRows = 10
    private static let longestSQL = 600

    private let report: Report
    private let currency: Money.Currency
    private let page: String?

    /// - Parameter page: the link to the page, nil for none.
    init(_ report: Report, page: String? = nil) {
        self.page = page
        self.report = report
        currency = report.sums.currency
    }

    var slackMessage: SlackMessage {
        let note = Block.context("Days of UTC. The price of the scanned bytes, not AWS's bill.")
        return SlackMessage(
            text: headline,
            blocks: [.section("*\(headline)*")] + charts + [.table(table)] + statement + link + [note],
            plainBlocks: [.section("*\(headline)*"), .section(list)] + statement + link + [note]
        )
    }

    private var link: [Block] { page.map { [.link(label: "Open the page", url: $0)] } ?? [] }

    private var headline: String {
        let change = report.change.map { ", \($0)" } ?? ""
        return Mrkdwn.escaped("Athena in \(report.period.name): \(text(report.sums.total[currency]))\(change)")
    }

    private func text(_ billionths: Int64) -> String { Money(Double(billionths) / 1e9, currency).description }

    /// The cost by day. A month has more days than a chart has bars, and a message may have two charts.
    private var charts: [Block] {
        let bars = report.days.map { day in
            let amount = (report.sums.days[day] ?? [:]).values.reduce(0) { $0 + $1[currency] }
            return (label: String(day.dropFirst(5)), value: (Double(amount) / 1e7).rounded() / 100)
        }
        let halves = bars.count > BarChart.mostBars ? [bars.prefix(15), bars.dropFirst(15)] : [bars[...]]
        return halves.map { half in
            let span = "\(half.first?.label ?? "") to \(half.last?.label ?? "")"
            return .chart(BarChart(title: "Cost by day, \(span)", series: currency.rawValue, bars: Array(half)))
        }
    }

    private var people: Ranking { Ranking(report.sums.parts[.person] ?? [:], currency: currency) }

    private var table: DataTable {
        let rows = people.entries.prefix(DataTable.mostRows).map { entry in
            let amount = entry.spend[currency]
            return [
                DataTable.Cell.text(entry.name),
                .number((Double(amount) / 1e7).rounded() / 100, text(amount)),
                .number(Double(entry.spend.bytes), ByteSize(bytes: entry.spend.bytes).description),
                .number(Double(entry.spend.queries), "\(entry.spend.queries)"),
            ]
        }
        return DataTable(
            caption: "People and programs in \(report.period.name)",
            header: ["Name", "Cost", "Scanned", "Queries"],
            rows: rows
        )
    }

    private var list: String {
        let lines = people.entries.prefix(Self.plainRows).map { entry in
            "\(Mrkdwn.escaped(entry.name)): \(text(entry.spend[currency])) in \(entry.spend.queries) queries"
        }
        let others = people.entries.count - Self.plainRows
        return (lines + (others > 0 ? ["and \(others) others"] : [])).joined(separator: "\n")
    }

    /// The statement that cost most in sum.
    private var statement: [Block] {
        guard let shape = report.sums.shapes.dearest(1).first, shape.amount > 0 else { return [] }
        let people =
            shape.people.map(Mrkdwn.escaped).joined(separator: ", ") + (shape.hasMorePeople ? " and others" : "")
        let words = "The dearest statement: \(text(shape.amount)) in \(shape.queries) runs by \(people)"
        return [.section(words)] + (shape.text.map { [.code(String($0.prefix(Self.longestSQL)))] } ?? [])
    }
}
