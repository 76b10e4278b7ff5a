import CloudTrail

/// The settings' word on people: other names of theirs, programs that look like people, and those who answer for
/// programs.
package struct People: Sendable, Equatable {
    /// The person's address or Slack id by another name, in lower case. A tool's own id is a name too: `metabase:1000`.
    package var aliases: [String: String] = [:]
    /// The receivers of what programs ran, in the order of the settings.
    package var owners: [Owner] = []
    /// Names, or roles with their sessions, `role/session`, that are programs.
    package var machines: [Wildcard] = []
    /// Forms of comments in SQL that name the person.
    package var comments: [CommentPattern] = []

    /// The receiver of what some programs ran.
    package struct Owner: Sendable, Equatable {
        /// The form of the program's name, or of `role/session`.
        let program: Wildcard
        /// The receiver.
        package let receiver: Receiver
    }

    /// A receiver, as the settings name it.
    package enum Receiver: Sendable, Equatable {
        /// A person by address.
        case address(String)
        /// A person by Slack id.
        case slackUser(String)
        /// A channel by name or id.
        case channel(String)

        /// Reads an address, a Slack id, or a channel's name or id; nil for anything else.
        package init?(_ text: String) {
            if text.hasPrefix("#"), text.count > 1 {
                self = .channel(text)
            } else if text.isSlackID(of: "UW") {
                self = .slackUser(text)
            } else if text.isSlackID(of: "CG") {
                self = .channel(text)
            } else if text.contains("@"), !text.hasPrefix("@"), !text.hasSuffix("@") {
                self = .address(text)
            } else {
                return nil
            }
        }
    }

    package init() {}

    /// The address or Slack id for which a name is another; nil when the settings do not know the name.
    package func alias(of name: String) -> String? { aliases.isEmpty ? nil : aliases[name.lowercased()] }

    /// Whether the settings say that a program has this name.
    func isMachine(_ name: String, session: String?, role: String?) -> Bool {
        let names = [name] + Self.names(of: role, session: session)
        return machines.contains { machine in names.contains { machine.matches($0) } }
    }

    /// The receiver of what a program ran, by the first form that fits; nil without one.
    package func owner(of program: String, session: String?) -> Receiver? {
        guard !owners.isEmpty else { return nil }
        let names = [program] + Self.names(of: program, session: session)
        return owners.first { owner in names.contains { owner.program.matches($0) } }?.receiver
    }

    private static func names(of role: String?, session: String?) -> [String] {
        guard let role, let session else { return [] }
        return ["\(role)/\(session)"]
    }
}

extension String {
    /// Whether this has the form of an id in Slack: one of some letters, then at least eight capitals and digits.
    ///
    /// https://docs.slack.dev/reference/objects/conversation-object
    package func isSlackID(of kinds: String) -> Bool {
        guard let kind = first, kinds.contains(kind), utf8.count >= 9 else { return false }
        return utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }
}
