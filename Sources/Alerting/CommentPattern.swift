import Querying

/// A form of comments of the team's own, such as `-- user: {person}`.
///
/// The text before `{person}` stands anywhere in the comment, though not inside a word, with any white space for any
/// other. The name ends before the text that follows, or else at white space, a comma, a semicolon or a quote.
package struct CommentPattern: Sendable, Equatable {
    private static let variable = "{person}"
    private static let endsOfName: Set<Character> = [",", ";", "'", "\""]

    /// The name of the tool that writes such comments.
    package let tool: String?
    private let before: String
    private let after: String

    /// Reads a pattern; nil unless it holds `{person}` once, with text before it.
    package init?(_ pattern: String, tool: String?) {
        let parts = SQLComments.contents(of: pattern).collapsingSpace
            .split(separator: Self.variable, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].contains(where: { !$0.isWhitespace }) else { return nil }
        self.tool = tool
        before = String(parts[0])
        after = String(parts[1])
    }

    /// The claim of a comment without its marks; nil when it does not have this form.
    func claim(of comment: String) -> CommentClaim? {
        let text = comment.collapsingSpace
        let starts = text.ranges(of: before).filter { text.isWordStart(at: $0.lowerBound) }
        let claims = starts.lazy.map { CommentClaim(tool: tool, person: name(atStartOf: text[$0.upperBound...])) }
        return claims.first { $0.person != nil }
    }

    private func name(atStartOf text: Substring) -> String? {
        guard !after.isEmpty else {
            return String(text.prefix { !$0.isWhitespace && !Self.endsOfName.contains($0) })
        }
        return text.firstRange(of: after).map { String(text[..<$0.lowerBound]) }
    }
}

extension String {
    /// This text with one space for each run of white space.
    fileprivate var collapsingSpace: String {
        var text = ""
        var isInSpace = false
        for character in self {
            if !character.isWhitespace { text.append(character) } else if !isInSpace { text.append(" ") }
            isInSpace = character.isWhitespace
        }
        return text
    }

    fileprivate func isWordStart(at index: Index) -> Bool {
        guard index > startIndex else { return true }
        let before = self[self.index(before: index)]
        return !before.isLetter && !before.isNumber && before != "_"
    }
}
