/// A pattern in which `*` stands for any text and `?` for any one character. Letters match in either case, as people
/// and tools write one name in several ways.
package struct Wildcard: Sendable, Equatable {
    let pattern: [Character]

    package init(_ pattern: String) {
        self.pattern = Array(pattern.lowercased())
    }

    /// Whether the whole of a text has this form.
    package func matches(_ text: String) -> Bool {
        matches(Array(text.lowercased())) { $0 == "?" || $0 == $1 }
    }

    /// Whether this surely matches every text that another pattern matches; false for some that do.
    func covers(_ other: Wildcard) -> Bool {
        // The other's signs are read as text: only a star takes a star.
        matches(other.pattern) { $0 == $1 || ($0 == "?" && $1 != "*") }
    }

    private func matches(_ text: [Character], by isMatch: (Character, Character) -> Bool) -> Bool {
        // After a mismatch the last star takes one character more: no text needs more than pattern times text steps.
        var patternIndex = 0
        var textIndex = 0
        var star: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == "*" {
                star = (patternIndex, textIndex)
                patternIndex += 1
            } else if patternIndex < pattern.count, isMatch(pattern[patternIndex], text[textIndex]) {
                patternIndex += 1
                textIndex += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                patternIndex = last.pattern + 1
                textIndex = last.text + 1
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == "*" }
    }
}
