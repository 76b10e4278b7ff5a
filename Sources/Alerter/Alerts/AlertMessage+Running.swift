import Alerting
import Slack

/// The layout of a warning of a query that still runs.
extension AlertMessage {
    var runningMessage: SlackMessage {
        let headline = Mrkdwn.escaped(words.runningHeadline(for: reader))
        var facts = [
            ("Run by", words.person), ("Running since", "\(query.submissionTimestamp ?? query.key.startTimestamp) UTC"),
        ]
        facts.append(("So far", words.soFar ?? "Athena tells of no bytes yet"))
        if let time = query.observationTimestamp { facts.append(("Seen", "\(time) UTC")) }
        if words.consoleURL == nil { facts.append(("Query", query.key.executionID)) }
        facts += words.places.map { ($0.name, $0.value) }
        var blocks: [Block] = [
            .section(headline), .fields(facts.map { name, value in "*\(name)*\n\(Mrkdwn.escaped(value))" }),
        ]
        if let sql = words.sqlStart(characters: Int(messages.sqlCharacters), as: sql) { blocks.append(.code(sql)) }
        if let url = words.consoleURL { blocks.append(.link(label: "Look at it in Athena, or stop it", url: url)) }
        return SlackMessage(text: headline, blocks: blocks)
    }
}
