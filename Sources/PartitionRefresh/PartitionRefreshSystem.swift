import AWS
package import Assembly
package import Commands
import LambdaRuntime
import Partitions
package import Settings
import System

/// The refresh of partitions: one handler that makes new partitions known to their tables.
package struct PartitionRefreshSystem: HouseSystem {
    private static let handlerName = "partition_refresh"
    private static let section = "partition_refresh"

    private var settings = PartitionRefreshSettings()

    /// Creates the system with the settings of an empty file.
    package init() {}

    package static var handlerNames: [String] { [handlerName] }

    package mutating func read(_ name: String, _ value: Section) throws(SettingsError) -> Bool {
        guard name == Self.section else { return false }
        settings = try PartitionRefreshSettings(value)
        return true
    }

    package var summary: [(name: String, value: String)] {
        let buckets = settings.buckets.sorted { $0.key < $1.key }
            .map { "\($0.key) (\($0.value.table ?? "as the keys say"))" }
            .joined(separator: ", ")
        return [(Self.section, buckets.isEmpty ? "not set" : buckets)]
    }

    package static var commands: [CommandDescription] {
        [
            CommandDescription(
                "projection",
                ["TABLE [LOCATION]"],
                "print the statement that has Athena work out the table's partitions by itself, from the settings of "
                    + "partition_refresh",
                options: [.settings]
            )
        ]
    }

    package static func command(
        _ name: String,
        _ options: Options
    ) throws(WrongUsage) -> PreparedCommand<PartitionRefreshSystem> {
        let words = try options.operands(atMost: 2)
        guard let table = words.first else { throw WrongUsage("projection: a table is missing") }
        return .configured { system in
            let statement = try ProjectionStatement(
                table: table,
                location: words.dropFirst().first,
                settings: system.settings
            )
            return CommandOutput.write(statement.sql)
        }
    }

    package func handler(named name: String, in phase: InitPhase) throws -> AssembledHandler {
        try checkDeployment(phase.environment)
        let handler = PartitionRefreshHandler(
            settings: settings,
            sqs: SQS(phase.aws),
            queueURL: settings.queueURL ?? phase.environment["PARTITION_REFRESH_QUEUE_URL"],
            catalog: try catalog(phase)
        )
        return AssembledHandler(handler, calling: [.sqs, .glue])
    }

    private func catalog(_ phase: InitPhase) throws -> PartitionCatalog {
        let modeVariable = "PARTITION_REFRESH_MODE"
        let mode =
            try settings.mode
            ?? phase.environment[modeVariable].map { name throws(SettingsError) in
                try PartitionRefreshSettings.Mode(named: name, key: modeVariable)
            }
        let results = settings.results ?? phase.environment["PARTITION_REFRESH_RESULTS"]
        return PartitionCatalog(
            mode: mode ?? .glue,
            database: try phase.required(
                settings.database,
                "partition_refresh.database_name",
                variable: "PARTITION_REFRESH_DATABASE"
            ),
            glue: Glue(phase.aws),
            athena: Athena(phase.aws),
            results: results.map { $0.hasPrefix("s3://") ? $0 : "s3://\($0)/partition_refresh/" },
            workgroup: settings.workgroup ?? phase.environment["PARTITION_REFRESH_WORKGROUP"]
        )
    }

    /// Checks what the stack has set: the start fails if the settings disagree.
    private func checkDeployment(_ environment: Environment) throws(SettingsError) {
        for (key, setting, variable) in [
            ("memory", settings.memory.map { "\($0)" }, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
            ("schedule_expression", settings.schedule, "PARTITION_REFRESH_SCHEDULE"),
        ] {
            guard let setting, let deployed = environment[variable], deployed != setting else { continue }
            let problem = "the settings say '\(setting)', but the function was deployed with '\(deployed)'"
            throw SettingsError(key: "partition_refresh.\(key)", problem: problem)
        }
    }
}
