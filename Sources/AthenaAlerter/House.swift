import AWS
import Alerter
import Assembly
import LambdaRuntime
import PartitionRefresh
import Queries
import Settings

/// The systems of this executable with their settings.
struct House {
    /// The systems there are, in the order of `--help` and `check`. Each is one line here.
    static var types: [any HouseSystem.Type] {
        [
            AlerterSystem.self,
            QueriesSystem.self,
            PartitionRefreshSystem.self,
        ]
    }

    private let systems: [any HouseSystem]

    /// Creates the systems with the settings of an empty file.
    init() {
        systems = Self.types.map { $0.init() }
    }

    /// Creates the systems with the settings of a file.
    ///
    /// - Throws: ``SettingsError`` for the first key that no system knows, or that has a wrong value.
    init(file contents: [UInt8]) throws(SettingsError) {
        var systems = Self.types.map { $0.init() }
        try Section(file: contents).read { name, value throws(SettingsError) in
            if name == "$schema" { return true }
            for index in systems.indices {
                if try systems[index].read(name, value) { return true }
            }
            return false
        }
        self.systems = systems
    }

    /// One of the systems.
    func system<System: HouseSystem>(_ type: System.Type) -> System {
        for case let system as System in systems { return system }
        return System()
    }

    /// Makes the handler that `_HANDLER` names, and does the work that can be done before its first invocation.
    ///
    /// - Throws: an error that lists the names there are, or names what is missing.
    func handler(named name: String, in phase: InitPhase) throws -> any LambdaHandler {
        guard let system = systems.first(where: { type(of: $0).handlerNames.contains(name) }) else {
            let known = systems.flatMap { type(of: $0).handlerNames }.joined(separator: ", ")
            throw HandlerError.misconfigured("_HANDLER: there is no handler '\(name)'; there are \(known)")
        }
        let assembled = try system.handler(named: name, in: phase)
        phase.aws.warmUp(assembled.services)
        return assembled.handler
    }

    /// The settings, a line each.
    var summary: String {
        systems.flatMap(\.summary).map { name, value in
            "  " + name + String(repeating: " ", count: max(1, 22 - name.count)) + value + "\n"
        }.joined()
    }

    /// Reasons for which a handler will not start.
    var warnings: [String] { systems.flatMap(\.warnings) }
}
