package import JSON

/// Slack's markup, with text that cannot become a mention or a link.
package enum Mrkdwn {
    /// `&quot;` in a template; the escaping here makes shorter ones.
    private static let longestEntity = 6

    /// Text in which no mention, link, entity or fence of code is left.
    ///
    /// https://docs.slack.dev/messaging/formatting-message-text#escaping
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            // Three backticks that meet would begin or end a block of code.
            case "`" where previous == "`": escaped += "\u{200B}`"
            default: escaped.unicodeScalars.append(scalar)
            }
            previous = scalar
        }
        return escaped
    }

    /// Text as a block of code that it cannot leave.
    ///
    /// - Parameter limit: the longest result, in characters.
    package static func code(_ text: String, limit: Int) -> String {
        // The line breaks keep backticks of the text from the fence's.
        "```\n" + cut(escaped(text), to: limit - 8) + "\n```"
    }

    /// Escaped text cut to a length, in characters as Slack counts them, never inside an entity.
    package static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf16.count > limit else { return text }
        var short = ""
        var length = 1
        for character in text {
            length += character.utf16.count
            guard length <= limit else { break }
            short.append(character)
        }
        if let entity = short.suffix(longestEntity).lastIndex(of: "&"), !short[entity...].contains(";") {
            short = String(short[..<entity])
        }
        return short + "…"
    }
}

/// One piece of a message's layout.
///
/// https://docs.slack.dev/reference/block-kit/blocks
package enum Block: Sendable, Equatable {
    /// A paragraph of marked-up text.
    case section(String)
    /// Short texts in two columns.
    case fields([String])
    /// Text as it is, not escaped yet, as code.
    case code(String)
    /// Small print.
    case context(String)
    /// A button that opens a page.
    case link(label: String, url: String)
    /// A line between what stands above and below.
    case divider
    /// A block as Slack takes it, from a message that was posted before.
    case posted(JSONValue)
    /// Bars that clients draw.
    case chart(BarChart)
    /// A table that readers sort.
    case table(DataTable)

    private static let sectionLimit = 3000
    private static let fieldLimit = 2000
    private static let contextLimit = 2000
    private static let fieldsLimit = 10

    /// The block as Slack takes it, cut to Slack's limits; nil when it would be empty.
    package var json: JSONValue? {
        switch self {
        case .section(let text):
            guard !text.isEmpty else { return nil }
            return ["type": "section", "text": Self.mrkdwn(Mrkdwn.cut(text, to: Self.sectionLimit))]
        case .fields(let texts):
            let texts = texts.filter { !$0.isEmpty }.prefix(Self.fieldsLimit)
            guard !texts.isEmpty else { return nil }
            let fields = texts.map { Self.mrkdwn(Mrkdwn.cut($0, to: Self.fieldLimit)) }
            return ["type": "section", "fields": .array(fields)]
        case .code(let text):
            guard !text.isEmpty else { return nil }
            return [
                "type": "section", "text": Self.mrkdwn(Mrkdwn.code(text, limit: Self.sectionLimit)),
            ]
        case .context(let text):
            guard !text.isEmpty else { return nil }
            return ["type": "context", "elements": [Self.mrkdwn(Mrkdwn.cut(text, to: Self.contextLimit))]]
        case .link(let label, let url):
            let button: JSONValue = [
                "type": "button", "text": ["type": "plain_text", "text": .string(label)], "url": .string(url),
            ]
            return ["type": "actions", "elements": [button]]
        case .divider: return ["type": "divider"]
        case .posted(let json): return json
        case .chart(let chart): return chart.json
        case .table(let table): return table.json
        }
    }

    private static func mrkdwn(_ text: String) -> JSONValue {
        // Verbatim: Slack must not make links and mentions of what merely looks like some.
        ["type": "mrkdwn", "text": .string(text), "verbatim": true]
    }
}

/// A message: the layout, and the text for notifications and for clients that show no layout.
package struct SlackMessage: Sendable, Equatable {
    /// Slack takes more but advises no more; longer texts are cut.
    private static let textLimit = 4000

    /// The whole message in plain words, already escaped.
    package let text: String
    /// The layout.
    package let blocks: [Block]
    /// The layout for workspaces that do not know all of these blocks yet; empty for none.
    package let plainBlocks: [Block]

    /// Creates a message.
    package init(text: String, blocks: [Block], plainBlocks: [Block] = []) {
        self.text = text
        self.blocks = blocks
        self.plainBlocks = plainBlocks
    }

    /// The message to try when Slack refuses the layout: with the plain layout, else without one.
    var simpler: SlackMessage? {
        if !plainBlocks.isEmpty { return SlackMessage(text: text, blocks: plainBlocks) }
        return blocks.isEmpty ? nil : withoutBlocks
    }

    /// The place of a message: its conversation's id, and its timestamp, which is its name there.
    package struct Place: Sendable, Equatable {
        package let channel: String
        package let timestamp: String

        package init(channel: String, timestamp: String) {
            self.channel = channel
            self.timestamp = timestamp
        }

        /// The members of a request about the message.
        var members: [JSONValue.Member] {
            [.init("channel", .string(channel)), .init("ts", .string(timestamp))]
        }
    }

    /// The same message without its layout, for a layout that Slack refuses.
    private var withoutBlocks: SlackMessage { SlackMessage(text: text, blocks: []) }

    /// The members of a request that posts this message.
    var members: [JSONValue.Member] {
        var members = [
            JSONValue.Member("text", .string(Mrkdwn.cut(text, to: Self.textLimit))),
            // Clients that show no layout show this text: nothing in it may become a link or a mention either.
            JSONValue.Member("parse", "none"),
            JSONValue.Member("link_names", false),
            JSONValue.Member("unfurl_links", false),
            JSONValue.Member("unfurl_media", false),
        ]
        if !blocks.isEmpty { members.append(JSONValue.Member("blocks", .array(blocks.compactMap(\.json)))) }
        return members
    }
}

/// The destination of a message.
package enum SlackDestination: Sendable, Equatable {
    /// A conversation, by its id or a channel's name.
    case conversation(String)
    /// A thread, by its first message; a broadcast is shown in the conversation too.
    ///
    /// https://docs.slack.dev/reference/methods/chat.postMessage
    case thread(SlackMessage.Place, isBroadcast: Bool = false)

    /// The members of a request that posts there.
    var members: [JSONValue.Member] {
        switch self {
        case .conversation(let name): [.init("channel", .string(name))]
        case .thread(let first, let isBroadcast):
            [.init("channel", .string(first.channel)), .init("thread_ts", .string(first.timestamp))]
                + (isBroadcast ? [.init("reply_broadcast", true)] : [])
        }
    }
}
