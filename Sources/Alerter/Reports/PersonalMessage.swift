import Alerting
import Reporting
import Slack

/// The message that tells people what a month or week came to for themselves. It has no link to the page, which names
/// everybody.
struct PersonalMessage {
    private let report: PersonalReport
    private let currency: Money.Currency

    init(_ report: PersonalReport) {
        self.report = report
        currency = report.sum.spend.currency
    }

    var slackMessage: SlackMessage {
        let note = Block.context(
            "Days of UTC. The price of the scanned bytes, not AWS's bill. Nobody else gets this message."
        )
        let link = report.sum.dearest.flatMap { AlertText($0).consoleURL }.map {
            Block.link(label: "Open the dearest query", url: $0)
        }
        return SlackMessage(
            text: "\(headline)\n\(details)",
            blocks: [.section("*\(headline)*"), .section(details)] + [link, note].compactMap(\.self)
        )
    }

    private var headline: String {
        let change = report.change.map { ", \($0)" } ?? ""
        let cost = report.sum.spend.money(in: currency)
        return Mrkdwn.escaped("Your Athena queries in \(report.period.name): \(cost)\(change)")
    }

    private var details: String {
        let spend = report.sum.spend
        let failed = spend.failed > 0 ? ", \(String(spend.failed).groupedByThousands) failed" : ""
        let count = spend.queries == 1 ? "1 query" : "\(String(spend.queries).groupedByThousands) queries"
        let sum = "\(count)\(failed); \(ByteSize(bytes: spend.bytes)) scanned"
        return Mrkdwn.escaped([sum, dearest].compactMap(\.self).joined(separator: "\n"))
    }

    private var dearest: String? {
        guard let query = report.sum.dearest, let money = query.cost?.money else { return nil }
        let workgroup = query.workgroup.map { ", in the workgroup \($0)" } ?? ""
        return "The dearest query: \(money), started at \(query.key.startTimestamp) UTC\(workgroup)"
    }
}
