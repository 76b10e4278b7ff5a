/// A command as `--help`, the manual page and the completions of shells describe it.
package struct CommandDescription: Sendable {
    /// The command's name.
    package let name: String
    /// The forms of its arguments, such as `FILE|FOLDER…`.
    package let forms: [String]
    /// The purpose, in a sentence or two without a capital letter and a full stop.
    package let summary: String
    package let options: [Option]
    package let operands: Operands

    /// An option of a command.
    package struct Option: Sendable {
        /// The name with its hyphens.
        package let name: String
        /// The placeholder of its value; nil for an option without one.
        package let value: String?
        package let summary: String

        /// Creates an option.
        package init(_ name: String, _ value: String, _ summary: String) {
            self.name = name
            self.value = value
            self.summary = summary
        }

        /// Creates an option without a value.
        package init(_ name: String, _ summary: String) {
            self.name = name
            value = nil
            self.summary = summary
        }

        /// The file of the settings, for each command that reads them.
        package static let settings = Option("--settings", "FILE", "the settings, in place of SETTINGS_FILE")
    }

    /// The kind of the arguments that are no options.
    package enum Operands: Sendable {
        case files
        case others
    }

    /// Creates a description.
    package init(
        _ name: String,
        _ forms: [String],
        _ summary: String,
        operands: Operands = .others,
        options: [Option] = []
    ) {
        self.name = name
        self.forms = forms
        self.summary = summary
        self.operands = operands
        self.options = options
    }

    /// The lines of `--help`.
    package var help: String {
        let first = forms.map { "  \(Program.name) \(name) \($0)".trimmingEnd }
        let words = Self.wrapped(summary, indent: 8)
        let options = options.flatMap { option in
            Self.wrapped("\(option.usage)  \(option.summary)", indent: 8, hanging: 10)
        }
        return (first + words + options).joined(separator: "\n")
    }

    private static func wrapped(_ text: String, indent: Int, hanging: Int? = nil) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let isFull = !line.isEmpty && indent + line.count + word.count >= 79
            if isFull {
                lines.append(line)
                line = String(repeating: " ", count: (hanging ?? indent) - indent) + word
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return (lines + [line]).map { (String(repeating: " ", count: indent) + $0).trimmingEnd }
    }
}

extension CommandDescription.Option {
    /// The option with its value.
    package var usage: String { value.map { "\(name) \($0)" } ?? name }
}

extension Program {
    /// The program's name.
    package static let name = "athena-alerter"
    /// The purpose of the program.
    package static let purpose = "tells people on Slack what their Amazon Athena queries scanned and cost"
    /// The options that stand in place of a command.
    package static let options: [CommandDescription.Option] = [
        .init("--help", "print this help"),
        .init("--version", "print the version"),
        .init("--man", "print the manual page"),
        .init("--completion", "SHELL", "print the completions of bash, zsh or fish"),
    ]
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
