/// The manual page, in the language of man(7).
package enum ManualPage {
    /// The page about some commands.
    package static func text(_ commands: [CommandDescription]) -> String {
        var lines = [
            ".TH ATHENA\\-ALERTER 1 \"\" \"\(Program.name) \(Program.version)\" \"User Commands\"", ".SH NAME",
            "\(escaped(Program.name)) \\- \(escaped(Program.purpose))", ".SH SYNOPSIS",
        ]
        for command in commands {
            for form in command.forms {
                lines += [".B \(escaped(Program.name)) \(escaped(command.name))", escaped(form), ".br"]
            }
        }
        lines += [".SH COMMANDS"]
        for command in commands {
            lines += [".SS \(escaped(command.name))", sentence(command.summary)]
            for option in command.options { lines += definition(option) }
        }
        lines += [".SH OPTIONS"]
        for option in Program.options { lines += definition(option) }
        lines += [
            ".SH FILES", ".TP", ".I settings.json", escaped("The settings, beside the executable."), ".SH ENVIRONMENT",
            ".TP", ".B SETTINGS_FILE", escaped("Another file of settings."), ".TP",
            ".B AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, \\&...",
            escaped("The region and the credentials, as for the AWS command line."), ".SH \"EXIT STATUS\"",
            escaped("0 for success, 1 for a failure, and 2 for wrong usage."),
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func definition(_ option: CommandDescription.Option) -> [String] {
        let value = option.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
        return [".TP", "\\fB\(escaped(option.name))\\fR\(value)", sentence(option.summary)]
    }

    private static func sentence(_ text: String) -> String {
        escaped(text.prefix(1).uppercased() + text.dropFirst()) + "."
    }

    /// Text in which nothing is a command of man(7).
    private static func escaped(_ text: String) -> String {
        let escaped = text.map { character in
            switch character {
            case "\\": "\\e"
            case "-": "\\-"
            case "'": "\\(aq"
            case "…": "..."
            default: String(character)
            }
        }.joined()
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
