/// A text with `{variables}`, in the syntax of Python's `str.format`, which the Python original used.
///
/// `{{` and `}}` stand for braces. A variable may carry a format: `{data_scanned_gb:,}`, `{data_scanned_cost:.2f}`.
package struct MessageTemplate: Sendable, Equatable {
    private let parts: [Part]

    private enum Part: Sendable, Equatable {
        case text(String)
        case variable(Variable, Format)
    }

    /// A variable that a template may use.
    package enum Variable: String, Sendable, CaseIterable {
        /// The name of the user.
        case user
        /// The user's id in Slack, for `<@{slack_user_id}>`.
        case slackUserID = "slack_user_id"
        /// Bytes scanned.
        case dataScannedBytes = "data_scanned_bytes"
        /// Whole GiB scanned, rounded down.
        case dataScannedGB = "data_scanned_gb"
        /// Data scanned with a unit: `500.5 GiB`.
        case dataScanned = "data_scanned"
        /// The cost as a number, in the currency of the region.
        case dataScannedCost = "data_scanned_cost"
        /// The cost in a few words: `about $2.44`, `not billed`.
        case cost
        /// The person or program, with the evidence for the name where that is not certain.
        case person
        /// The tool that ran the query for the person.
        case tool
        /// The time of the start: `2019-01-17 11:57:30 UTC`.
        case startedAt = "started_at"
        /// The duration: `3 h 2 min`.
        case duration
        /// Athena's id of the execution.
        case queryID = "query_id"
        /// `SUCCEEDED`, `FAILED` or `CANCELLED`.
        case queryState = "query_state"
        case workgroup
        case database
        case region
        /// The number of the day's alerts about the person in the conversation, this one included.
        case queriesToday = "queries_today"
        /// Their cost in a few words: `$21.40`.
        case costToday = "cost_today"
    }

    /// The value of a variable.
    package enum Value: Sendable, Equatable {
        /// A text, which formats do not change.
        case text(String)
        case whole(Int64)
        /// An amount, with two decimals by default.
        case amount(Double)
    }

    private struct Format: Sendable, Equatable {
        var isGrouped = false
        var decimals: Int?

        func apply(_ value: Value) -> String {
            switch value {
            case .text(let text): text
            case .whole(let number): Double(number).formatted(decimals: decimals ?? 0, isGrouped: isGrouped)
            case .amount(let number): number.formatted(decimals: decimals ?? 2, isGrouped: isGrouped)
            }
        }
    }

    /// A mistake in a template, in words that follow the template's name.
    package struct Mistake: Error, Equatable {
        package let reason: String
    }

    /// Reads a template.
    ///
    /// - Throws: ``Mistake`` for an unknown variable, a format that is not supported, or an unmatched brace.
    package init(_ text: String) throws(Mistake) {
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch (character, rest.first) {
            case ("{", "{"), ("}", "}"):
                plain.append(character)
                rest.removeFirst()
            case ("{", _):
                guard let end = rest.firstIndex(of: "}") else { throw Mistake(reason: "a '{' without its '}'") }
                if !plain.isEmpty { parts.append(.text(plain)) }
                parts.append(try Self.variable(rest[..<end]))
                plain = ""
                rest = rest[rest.index(after: end)...]
            case ("}", _):
                throw Mistake(reason: "a '}' without its '{'; write '}}' for a brace")
            default:
                plain.append(character)
            }
        }
        self.parts = plain.isEmpty ? parts : parts + [.text(plain)]
    }

    private static func variable(_ text: Substring) throws(Mistake) -> Part {
        let name = text.prefix { $0 != ":" }
        guard let variable = Variable(rawValue: String(name)) else {
            let known = Variable.allCases.map(\.rawValue).joined(separator: ", ")
            throw Mistake(reason: "an unknown variable '{\(name)}'; the variables are \(known)")
        }
        var format = Format()
        var specification = text.dropFirst(name.count + 1)
        if specification.first == "," {
            format.isGrouped = true
            specification.removeFirst()
        }
        if specification.first == ".", specification.last == "f",
            let decimals = Int(specification.dropFirst().dropLast()), (0...9).contains(decimals)
        {
            format.decimals = decimals
        } else if !specification.isEmpty, specification != "d" {
            throw Mistake(reason: "the format '\(text)' is not one of ',', 'd', '.2f' and ',.2f'")
        }
        return .variable(variable, format)
    }

    package func uses(_ variable: Variable) -> Bool {
        parts.contains { part in
            if case .variable(variable, _) = part { true } else { false }
        }
    }

    /// Whether the text tells of the day's other alerts.
    package var tellsOfDay: Bool { uses(.queriesToday) || uses(.costToday) }

    /// The text for one query.
    ///
    /// - Parameters:
    ///   - value: the value of each variable.
    ///   - escape: escapes a value for the medium of the message. The template's own text stays, so its author may use
    ///     markup.
    package func rendered(value: (Variable) -> Value, escape: (String) -> String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .variable(let variable, let format): escape(format.apply(value(variable)))
            }
        }.joined()
    }
}
