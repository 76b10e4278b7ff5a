import Assembly
import Commands
import HTTP
import System

/// The commands of `athena-alerter`: those of the systems, and `check` for the settings of all.
enum CommandLineInterface {
    private static var commands: [CommandDescription] {
        let check = CommandDescription(
            "check",
            ["[FILE]"],
            "check the settings: FILE, else SETTINGS_FILE, else settings.json beside the executable",
            operands: .files
        )
        return [check] + House.types.flatMap { $0.commands }
    }

    private static var usage: String {
        let handlers = House.types.flatMap { $0.handlerNames }
        let options = Program.options.map { "  \(Program.name) \($0.usage)\n        \($0.summary)" }
        return """
            \(Program.purpose.prefix(1).uppercased())\(Program.purpose.dropFirst()).

            usage:
            \((commands.map(\.help) + options).joined(separator: "\n"))

            In AWS Lambda, _HANDLER selects \(handlers.dropLast().joined(separator: ", ")) or \(handlers.last ?? "").

            """
    }

    /// Runs the command that the arguments name and returns its exit status: 0, 1 for a failure, 2 for wrong usage.
    static func run(_ environment: Environment) -> Int32 {
        do throws(WrongUsage) {
            let arguments = try arguments()
            guard let word = arguments.first else { throw WrongUsage("a command is missing") }
            return try run(word, Options(arguments.dropFirst(), command: word), environment)
        } catch {
            return CommandOutput.fail("\(error); see athena-alerter --help", status: 2)
        }
    }

    /// The arguments after the executable's name. `CommandLine.arguments` repairs what is not UTF-8, and would name
    /// another file.
    private static func arguments() throws(WrongUsage) -> [String] {
        let all = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
        return try all.dropFirst().compactMap(\.self).map { argument throws(WrongUsage) in
            guard let text = String(validatingCString: argument) else {
                throw WrongUsage("'\(String(cString: argument))' is not UTF-8")
            }
            return text
        }
    }

    private static func run(
        _ word: String,
        _ options: Options,
        _ environment: Environment
    ) throws(WrongUsage) -> Int32 {
        if let text = try text(of: word, options) { return CommandOutput.write(text) }
        if word == "check" {
            guard !options.askForHelp else { return CommandOutput.write(usage) }
            return check(try options.operands(atMost: 1).first ?? SettingsLocation(environment: environment).path)
        }
        for type in House.types {
            if let status = try run(word, options, environment, of: type) { return status }
        }
        throw WrongUsage("there is no command '\(word)'")
    }

    /// The text that an option in place of a command asks for; nil for a command.
    private static func text(of word: String, _ options: Options) throws(WrongUsage) -> String? {
        if word == "--completion" {
            let name = try options.operands(atMost: 1).first ?? ""
            guard let shell = Shell(rawValue: name) else {
                let known = Shell.allCases.map(\.rawValue).joined(separator: ", ")
                throw WrongUsage("--completion: expected one of \(known), found '\(name)'")
            }
            return shell.completions(of: commands)
        }
        let text: String
        switch word {
        case "--help", "-h": text = usage
        case "--version": text = "\(Program.name) \(Program.version)\n"
        case "--man": text = ManualPage.text(commands)
        default: return nil
        }
        _ = try options.operands(atMost: 0)
        return text
    }

    /// Runs the command of a system; nil when the system has none of this name.
    private static func run<System: HouseSystem>(
        _ word: String,
        _ options: Options,
        _ environment: Environment,
        of type: System.Type
    ) throws(WrongUsage) -> Int32? {
        guard type.commands.contains(where: { $0.name == word }) else { return nil }
        guard !options.askForHelp else { return CommandOutput.write(usage) }
        var options = options
        let file = try options.takeValue("--settings")
        let command = try type.command(word, options)
        let settings = SettingsLocation(environment: environment, argument: file)
        if case .local = command, file != nil { throw WrongUsage("\(word): unknown option '--settings'") }
        do {
            switch command {
            case .local(let run):
                return run()
            case .configured(let run):
                return try run(settings.load().system(type))
            case .connected(let run):
                let house = try settings.load()
                let phase = try InitPhase(environment: environment, http: HTTPClient(environment: environment))
                return try run(house.system(type), phase)
            }
        } catch {
            return CommandOutput.fail("\(word): \(error)", status: 1)
        }
    }

    /// Checks a settings file, which must exist here although the handlers work without one.
    private static func check(_ path: String) -> Int32 {
        do {
            let house = try House(file: LocalFile(path: path).contents())
            let status = CommandOutput.write("\(path) is valid\n\(house.summary)")
            for warning in house.warnings { CommandOutput.warn("\(path): \(warning)") }
            return status
        } catch {
            return CommandOutput.fail("\(path): \(error)", status: 1)
        }
    }
}
