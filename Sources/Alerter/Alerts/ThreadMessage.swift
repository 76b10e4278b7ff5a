import Alerting
import JSON
import Slack

/// The first message of a thread, brought up to date: the day's sums and its largest queries above the alert with which
/// the thread began.
struct ThreadMessage {
    private let reader: AlertText.Reader
    private let person: String
    private let first: SlackMessage

    /// Creates the message from the alert that began the thread.
    init(about person: String, for reader: AlertText.Reader, beginningWith first: SlackMessage) {
        self.person = person
        self.reader = reader
        self.first = first
    }

    /// Reads the content that was stored; nil when it is not such content.
    init?(content: String) {
        guard let json = try? JSONValue(parsing: content.utf8), let person = json["person"]?.string,
            let text = json["text"]?.string, let blocks = json["blocks"]?.array
        else { return nil }
        let reader: AlertText.Reader = json["reader"]?.string == "runner" ? .runner : .others
        self.init(about: person, for: reader, beginningWith: .init(text: text, blocks: blocks.map(Block.posted)))
    }

    /// The content to store.
    var content: String {
        let document: JSONValue = [
            "person": .string(person), "reader": reader == .runner ? "runner" : "others", "text": .string(first.text),
            "blocks": .array(first.blocks.compactMap(\.json)),
        ]
        return document.serialized()
    }

    /// The message that shows a day's sums.
    func message(showing day: AlertDay) -> SlackMessage {
        let summary = Self.summary(of: day, about: person, for: reader)
        return SlackMessage(
            text: "\(summary.headline)\n\(first.text)",
            blocks: summary.blocks + [.divider] + first.blocks
        )
    }

    /// The day's headline, and the blocks with its largest queries.
    static func summary(
        of day: AlertDay,
        about person: String,
        for reader: AlertText.Reader
    ) -> (headline: String, blocks: [Block]) {
        let headline = Mrkdwn.escaped(day.headline(about: person, for: reader))
        let lines = day.largest.map { member in
            let words = Mrkdwn.escaped(member.words)
            return member.consoleURL.map { "• \(words): <\($0)|Open in Athena>" }
                ?? "• \(words): \(Mrkdwn.escaped(member.executionID))"
        }
        let largest = "*Largest*\n" + lines.joined(separator: "\n")
        return (headline, [.section("*\(headline)*")] + (day.queries > 1 ? [.section(largest)] : []))
    }
}
