import Commands

/// The result of a check of an installation.
struct Finding: Equatable {
    let subject: String
    let words: String
    /// The advice; nil when all is well.
    let advice: String?

    var isWell: Bool { advice == nil }

    /// A finding of which nothing needs to be done.
    static func well(_ subject: String, _ words: String) -> Finding {
        Finding(subject: subject, words: words, advice: nil)
    }

    /// A finding with what to do about it.
    static func ill(_ subject: String, _ words: String, _ advice: String) -> Finding {
        Finding(subject: subject, words: words, advice: advice)
    }

    /// The finding for a person to read, in one line or two.
    var text: String {
        let name = subject + String(repeating: " ", count: max(1, 20 - subject.count))
        let line = (isWell ? "✓ " : "✗ ") + (name + words).printable + "\n"
        return line + (advice.map { "    → " + $0.printable + "\n" } ?? "")
    }
}
