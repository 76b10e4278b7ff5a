/// A mistake in the settings: the key, and the value that was expected there.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The key with its parents, such as `slack.channel`; empty for the file as a whole.
    package let key: String
    /// The expectation and what was found, or what else is wrong.
    package let problem: String

    /// Creates an error.
    package init(key: String, problem: String) {
        self.key = key
        self.problem = problem
    }

    /// The error in one line.
    package var description: String { key.isEmpty ? "settings: \(problem)" : "settings: \(key): \(problem)" }
}
