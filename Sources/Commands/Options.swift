/// A mistake in the arguments of a command.
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

    /// Removes an option without a value.
    ///
    /// - Returns: whether the option was there.
    package mutating func takeFlag(_ name: String) -> Bool {
        guard let index = arguments.firstIndex(of: name) else { return false }
        arguments.remove(at: index)
        return true
    }

    /// Removes an option and its value, which follows as the next argument or after an equals sign.
    ///
    /// - Returns: the value, nil without the option.
    package mutating func takeValue(_ name: String) throws(WrongUsage) -> String? {
        guard let index = arguments.firstIndex(where: { $0 == name || $0.hasPrefix("\(name)=") }) else { return nil }
        let option = arguments.remove(at: index)
        if option != name { return String(option.dropFirst(name.count + 1)) }
        guard index < arguments.count else { throw WrongUsage("\(command): \(name) needs a value") }
        return arguments.remove(at: index)
    }

    /// Whether `--help` or `-h` is among the arguments.
    package var askForHelp: Bool { arguments.contains { $0 == "--help" || $0 == "-h" } }

    /// The remaining arguments.
    ///
    /// - Throws: ``WrongUsage`` for an option that is left, and for more arguments than the limit.
    package func operands(atMost limit: Int = .max) throws(WrongUsage) -> [String] {
        if let option = arguments.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
            throw WrongUsage("\(command): unknown option '\(option)'")
        }
        if arguments.count > limit {
            throw WrongUsage("\(command): unexpected argument '\(arguments[limit])'")
        }
        return arguments
    }
}
