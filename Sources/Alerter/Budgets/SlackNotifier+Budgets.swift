import Alerting
import Slack
import Time

extension SlackNotifier: BudgetNotifier {
    func deliver(
        _ standing: BudgetStanding,
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        switch try place(of: query, to: target, under: outcome, before: deadline) {
        case .failure(let reason): return .skipped(reason)
        case .success(let place):
            return try post(Self.message(BudgetText(standing), for: place.reader), at: place, before: deadline)
        }
    }

    private static func message(_ text: BudgetText, for reader: AlertText.Reader, at now: Timestamp = .now)
        -> SlackMessage
    {
        let headline = Mrkdwn.escaped(text.headline(for: reader))
        let details = Mrkdwn.escaped(text.details(at: now).joined(separator: "\n"))
        let link = text.runbook.map { Block.link(label: "What to do", url: $0) }
        return SlackMessage(
            text: "\(headline)\n\(details)",
            blocks: [.section("*\(headline)*"), .section(details)] + [link].compactMap(\.self)
        )
    }
}
