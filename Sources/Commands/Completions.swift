/// A shell that completes commands and their options.
package enum Shell: String, CaseIterable {
    case bash
    case zsh
    case fish

    /// The script that completes some commands.
    package func completions(of commands: [CommandDescription]) -> String {
        switch self {
        case .bash: Self.bash(commands)
        case .zsh: Self.zsh(commands)
        case .fish: Self.fish(commands)
        }
    }

    /// The values that an option may take, and whether it takes a file.
    private static func takesFile(_ option: CommandDescription.Option) -> Bool { option.value == "FILE" }

    private static func bash(_ commands: [CommandDescription]) -> String {
        let names = commands.map(\.name) + Program.options.map(\.name)
        let cases = commands.map { command in
            let options = command.options.map(\.name) + ["--help"]
            return
                "        \(command.name)) options='\(options.joined(separator: " "))' files=\(command.operands == .files ? 1 : 0) ;;"
        }
        let taking = commands.flatMap(\.options).filter(takesFile).map(\.name)
        let filing = Set(taking).sorted().joined(separator: "|")
        return """
            _athena_alerter() {
                local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}" options='' files=0
                COMPREPLY=()
                if ((COMP_CWORD == 1)); then
                    mapfile -t COMPREPLY < <(compgen -W '\(names.joined(separator: " "))' -- "$word")
                    return
                fi
                case "$before" in
                    \(filing.isEmpty ? "''" : filing))
                        mapfile -t COMPREPLY < <(compgen -f -- "$word")
                        return
                        ;;
                esac
                case "${COMP_WORDS[1]}" in
                    --completion) options='\(allCases.map(\.rawValue).joined(separator: " "))' ;;
            \(cases.joined(separator: "\n"))
                esac
                if [[ "$word" != -* ]] && ((files)); then
                    mapfile -t COMPREPLY < <(compgen -f -- "$word")
                else
                    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
                fi
            }
            complete -o filenames -F _athena_alerter \(Program.name)

            """
    }

    private static func zsh(_ commands: [CommandDescription]) -> String {
        let names = commands.map { "        '\($0.name):\(quoted($0.summary, for: ":"))'" }
        let cases = commands.map { command in
            let options = command.options.map { option in
                let value = option.value.map { ":\($0):\(takesFile(option) ? "_files" : " ")" } ?? ""
                return
                    "'\(option.name)\(option.value == nil ? "" : "=")[\(quoted(option.summary, for: "[]:"))]\(value)'"
            }
            let files = command.operands == .files ? ["'*:file:_files'"] : []
            return "        \(command.name)) _arguments \((options + files).joined(separator: " ")) ;;"
        }
        let global = Program.options.map { "'\($0.name)[\(quoted($0.summary, for: "[]:"))]'" }.joined(separator: " ")
        return """
            #compdef \(Program.name)
            _athena_alerter() {
                local -a commands=(
            \(names.joined(separator: "\n"))
                )
                if ((CURRENT == 2)); then
                    _describe command commands
                    _arguments \(global)
                    return
                fi
                local name="${words[2]}"
                shift words
                ((CURRENT--))
                case "$name" in
            \(cases.joined(separator: "\n"))
                esac
            }
            _athena_alerter "$@"

            """
    }

    private static func fish(_ commands: [CommandDescription]) -> String {
        var lines = ["complete -c \(Program.name) -f"]
        for command in commands {
            lines.append(
                "complete -c \(Program.name) -n __fish_use_subcommand -a \(command.name) -d '\(quoted(command.summary, for: ""))'"
            )
            let seen = "-n '__fish_seen_subcommand_from \(command.name)'"
            if command.operands == .files { lines.append("complete -c \(Program.name) \(seen) -F") }
            for option in command.options {
                let value = option.value == nil ? "" : takesFile(option) ? " -rF" : " -x"
                lines.append(
                    "complete -c \(Program.name) \(seen) -l \(option.name.dropFirst(2))\(value) -d '\(quoted(option.summary, for: ""))'"
                )
            }
        }
        for option in Program.options {
            let value = option.value == nil ? "" : " -xa '\(allCases.map(\.rawValue).joined(separator: " "))'"
            lines.append(
                "complete -c \(Program.name) -n __fish_use_subcommand -l \(option.name.dropFirst(2))\(value) -d '\(quoted(option.summary, for: ""))'"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Text for a place between single quotes, in which some characters have a meaning.
    private static func quoted(_ text: String, for special: String) -> String {
        text.map { $0 == "'" ? "’" : special.contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
