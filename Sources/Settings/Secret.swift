/// A secret: the text itself, or its place.
package enum Secret: Sendable, Equatable {
    /// The text itself.
    case literal(String)
    /// A parameter of the Systems Manager's store (`ssm:/name`).
    case parameter(String)
    /// A secret in Secrets Manager (`secretsmanager:name`), or one member of its JSON (`secretsmanager:name#member`).
    case secret(id: String, member: String?)

    /// Reads a secret as the settings write it.
    ///
    /// - Throws: ``SettingsError`` for a place without a name, and for a secret that is not one word.
    package init(_ text: String, key: String) throws(SettingsError) {
        if text.hasPrefix("ssm:") {
            self = .parameter(String(text.dropFirst(4)))
        } else if text.hasPrefix("secretsmanager:") {
            let parts = text.dropFirst(15).split(separator: "#", maxSplits: 1).map(String.init)
            self = .secret(id: parts.first ?? "", member: parts.dropFirst().first)
        } else {
            self = .literal(try Self.word(of: text, key: key))
        }
        guard self != .parameter(""), self != .secret(id: "", member: nil) else {
            throw SettingsError(key: key, problem: "expected a name after the colon, found '\(text)'")
        }
    }

    /// The single word of a text that may end in a line break.
    ///
    /// - Throws: ``SettingsError``
    package static func word(of text: String, key: String) throws(SettingsError) -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let word = words.first else {
            throw SettingsError(key: key, problem: "expected one word without spaces")
        }
        return String(word)
    }

    /// The place in the words of the settings; never the secret itself.
    package var place: String {
        switch self {
        case .literal: "in the file"
        case .parameter(let name): "ssm:\(name)"
        case .secret(let id, let member): "secretsmanager:\(id)" + (member.map { "#\($0)" } ?? "")
        }
    }
}
