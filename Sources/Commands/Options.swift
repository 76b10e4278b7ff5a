/// What was wrong with the arguments of a command.
package struct WrongUsage: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The arguments after a command's name; options may stand before, between or after the operands.
package struct Options {
    private var arguments: [String]
    private let command: String

    package init(_ arguments: some Collection<String>, command: String) {
        self.arguments = Array(arguments)
        self.command = command
    }

    /// Takes out an option without a value, and says whether it was there.
    package mutating func takeFlag(_ name: String) -> Bool {
        guard let index = arguments.firstIndex(of: name) else { return false }
        arguments.remove(at: index)
        return true
    }

    /// Takes out an option and the value that follows it, also after an equals sign.
    package mutating func takeValue(_ name: String) throws(WrongUsage) -> String? {
        guard let index = arguments.firstIndex(where: { $0 == name || $0.hasPrefix("\(name)=") }) else { return nil }
        let option = arguments.remove(at: index)
        if option != name { return String(option.dropFirst(name.count + 1)) }
        guard index < arguments.count else { throw WrongUsage("\(command): \(name) needs a value") }
        return arguments.remove(at: index)
    }

    /// Whether somebody wants to know what the command takes, and no more.
    package var askForHelp: Bool { arguments.contains { $0 == "--help" || $0 == "-h" } }

    /// What is left, none of it an option, and no more of it than the command takes.
    package func operands(atMost limit: Int = .max) throws(WrongUsage) -> [String] {
        if let option = arguments.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
            throw WrongUsage("\(command): there is no option '\(option)'")
        }
        if arguments.count > limit {
            throw WrongUsage("\(command): there is no place for '\(arguments[limit])'")
        }
        return arguments
    }
}
