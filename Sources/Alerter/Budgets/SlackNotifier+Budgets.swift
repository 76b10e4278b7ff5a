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
        let place: AlertPlace
        switch try self.place(of: query, to: target, under: outcome, before: deadline) {
        case .failure(let reason): return .skipped(reason)
        case .success(let found): place = found
        }
        let message = Self.message(BudgetText(standing), for: place.reader)
        do throws(SlackError) {
            if place.conversation == Self.webhook, let webhook = access.webhookURL {
                try client.post(message, webhook: webhook, before: deadline)
            } else if let token = access.botToken {
                _ = try client.postMessage(
                    message,
                    to: .conversation(place.conversation),
                    token: token,
                    before: deadline
                )
            } else {
                return .skipped(.targetNotSet)
            }
            return .delivered()
        } catch {
            if case .refused(let code) = error, place.isPersonal, Self.isAboutThePerson(code) {
                return .skipped(.unknownPerson)
            }
            throw NotifierError(error)
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
