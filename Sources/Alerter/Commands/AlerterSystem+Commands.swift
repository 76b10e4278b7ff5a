import Alerting
package import Assembly
package import Commands

extension AlerterSystem {
    private enum Command: String {
        case scan
        case who
        case explain
        case explainSQL = "explain-sql"
        case preview
        case reconcile
        case redrive
        case budgets
        case report
        case doctor
    }

    package static func command(
        _ name: String,
        _ options: Options
    ) throws(WrongUsage) -> PreparedCommand<AlerterSystem> {
        let command = Command(rawValue: name)
        switch command {
        case .scan:
            let files = try files(in: options, of: command)
            return .local { LogFileScan.run(files) { start, lines in start.write(to: &lines) } }
        case .who:
            let files = try files(in: options, of: command)
            return .configured { alerter in CallerTable.run(files, settings: alerter.settings) }
        case .explain:
            let command = try ExplainCommand(options)
            return .configured(command.run)
        case .explainSQL:
            let command = try ExplainSQLCommand(options)
            return .configured(command.run)
        case .preview:
            let command = try PreviewCommand(options)
            return .connected(command.run)
        case .reconcile:
            let command = try ReconcileCommand(options)
            return .connected(command.run)
        case .redrive:
            let command = try RedriveCommand(options)
            return .connected { _, phase in try command.run(phase) }
        case .budgets:
            let command = try BudgetsCommand(options)
            return .connected(command.run)
        case .report:
            let command = try ReportCommand(options)
            return command.isLocal ? .local(command.runOnFiles) : .connected(command.runOnTable)
        case .doctor:
            let command = try DoctorCommand(options)
            return .connected(command.run)
        case nil:
            throw WrongUsage("there is no command '\(name)'")
        }
    }

    private static func files(in options: Options, of command: Command?) throws(WrongUsage) -> [String] {
        let files = try options.operands()
        guard !files.isEmpty else { throw WrongUsage("\(command?.rawValue ?? ""): a file is missing") }
        return files
    }
}
