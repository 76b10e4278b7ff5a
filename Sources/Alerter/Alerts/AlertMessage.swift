import Alerting
import Slack

/// The layout of an alert for Slack: the headline, the facts, the SQL, and a link to the console.
struct AlertMessage {
    let query: FinishedQuery
    let messages: AlerterSettings.Messages
    let footer: MessageTemplate?
    let slackUserID: String?
    let reader: AlertText.Reader
    let sql: SQLDisplay
    /// The day's alerts with this one; nil when they are not counted.
    var day: AlertDay?
    /// Whether the message tells the day's sums as well.
    var tellsOfDay = false
    var hints: [Hint] = []

    var words: AlertText { AlertText(query, on: day) }

    /// The length to which Athena's reason, which can be a page long, is cut, in characters.
    private static let reasonLimit = 300

    var slackMessage: SlackMessage {
        if query.warnedTargets != nil { return runningMessage }
        let headline = messages.query.map(rendered) ?? Mrkdwn.escaped(words.headline(for: reader))
        let notice = words.notice.map { Mrkdwn.escaped($0.joined(separator: "\n")) }
        let budgets = words.budgetLines(for: reader).map { Mrkdwn.escaped($0.joined(separator: "\n")) }
        let footline = footer.map(rendered)
        let summary = tellsOfDay ? day.map { ThreadMessage.summary(of: $0, about: query.user, for: reader) } : nil
        let text = [headline, notice, summary?.headline, budgets, footline].compactMap(\.self).joined(separator: "\n")
        let top = [headline, notice].compactMap(\.self).map(Block.section)
        let middle = [Block.fields(facts)] + [budgets].compactMap(\.self).map(Block.section)
        return SlackMessage(text: text, blocks: top + middle + extras(footline) + (summary?.blocks ?? []))
    }

    private var facts: [String] {
        var facts = [("Run by", words.person), ("Scanned", words.size), ("Cost", words.costWithReason)]
        if let duration = words.duration { facts.append(("Took", duration)) }
        if words.consoleURL == nil { facts.append(("Query", query.key.executionID)) }
        facts += words.places.map { ($0.name, $0.value) }
        if words.notice == nil, let ending = words.ending {
            facts.append(("Ended", String(ending.prefix(Self.reasonLimit))))
        }
        return facts.map { name, value in "*\(name)*\n\(Mrkdwn.escaped(value))" }
    }

    private func extras(_ footline: String?) -> [Block] {
        var blocks: [Block] = []
        if let sql = words.sqlStart(characters: Int(messages.sqlCharacters), as: self.sql) { blocks.append(.code(sql)) }
        // Hints name tables and columns, as the SQL does.
        if self.sql != .none { blocks += hints.map { .context($0.slackText) } }
        if let footline { blocks.append(.context(footline)) }
        if let url = words.consoleURL { blocks.append(.link(label: "Open in Athena", url: url)) }
        return blocks
    }

    private func rendered(_ template: MessageTemplate) -> String {
        let text = template.rendered(
            value: { words.value(of: $0, slackUserID: slackUserID) },
            escape: Mrkdwn.escaped
        )
        guard slackUserID == nil else { return text }
        // A mention needs an id; without one the name stands alone.
        let name = Mrkdwn.escaped(query.user)
        return text.replacing("<@\(name)>", with: name)
    }
}

extension Hint {
    /// The hint in Slack's markup, with the link to the page that explains it.
    fileprivate var slackText: String { "\(Mrkdwn.escaped(text)) <\(Mrkdwn.escaped(link))|Read more>" }
}
