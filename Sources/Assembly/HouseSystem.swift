package import Commands
import LambdaRuntime
package import Settings

/// A system of the house: its part of the settings file, its handlers, its commands. The composition root lists the
/// systems; no system knows another.
package protocol HouseSystem {
    /// The names by which `_HANDLER` selects the system's handlers.
    static var handlerNames: [String] { get }

    /// The system's commands.
    static var commands: [CommandDescription] { get }

    /// Creates the system with the settings of an empty file.
    init()

    /// Reads a member of the settings file.
    ///
    /// - Returns: whether the member is this system's.
    mutating func read(_ name: String, _ value: Section) throws(SettingsError) -> Bool

    /// The settings by name, for a person who checks them; of secrets only the places.
    var summary: [(name: String, value: String)] { get }

    /// Reasons for which a handler of this system will not start, although the settings are valid for the others.
    var warnings: [String] { get }

    /// Makes the handler of a name that is one of ``handlerNames``, and the services that it calls first.
    ///
    /// - Throws: an error that names what is missing or wrong.
    func handler(named name: String, in phase: InitPhase) throws -> AssembledHandler

    /// Reads the arguments of a command whose name is one of ``commands``.
    ///
    /// - Returns: the command, ready to run.
    static func command(_ name: String, _ options: Options) throws(WrongUsage) -> PreparedCommand<Self>
}

extension HouseSystem {
    /// No commands.
    package static var commands: [CommandDescription] { [] }

    /// No settings.
    package mutating func read(_ name: String, _ value: Section) throws(SettingsError) -> Bool { false }

    /// No settings.
    package var summary: [(name: String, value: String)] { [] }

    /// No warnings.
    package var warnings: [String] { [] }

    /// No commands.
    package static func command(_ name: String, _ options: Options) throws(WrongUsage) -> PreparedCommand<Self> {
        throw WrongUsage("there is no command '\(name)'")
    }
}

/// A command whose arguments have been read; it runs and returns its exit status.
package enum PreparedCommand<System> {
    /// Needs neither settings nor AWS.
    case local(() -> Int32)
    /// Needs the settings.
    case configured((System) throws -> Int32)
    /// Needs the settings and AWS.
    case connected((System, InitPhase) throws -> Int32)
}
