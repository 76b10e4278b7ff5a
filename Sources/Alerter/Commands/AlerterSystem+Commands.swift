import Alerting
package import Assembly
package import Commands

extension AlerterSystem {
    private enum Command: String, CaseIterable {
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

    package static var commandNames: [String] { Command.allCases.map(\.rawValue) }

    package static var usage: String {
        """
          athena-alerter scan FILE|FOLDER…
                                        print the query starts in CloudTrail log files as lines of JSON;
                                        gzipped or not, also an array of records, one a line, the output
                                        of lookup-events, events of EventBridge, and what CloudWatch Logs
                                        exports or sends to subscribers; - is standard input
          athena-alerter who FILE|FOLDER…
                                        print who started the queries in such files, how each is found,
                                        and how often; those who need an alias come last
          athena-alerter explain FILE | --user NAME --workgroup NAME --scanned SIZE …
                                        say which rules apply to a query, who would hear, and why. FILE
                                        is the message of a finished query; - is standard input. The other
                                        options are --user-type, --user-source, --tool, --role, --session,
                                        --database, --catalog, --account, --region, --statement-type,
                                        --state, and --reason for Athena's words on it
          athena-alerter explain-sql FILE [--table-definition FILE]… [--database NAME]
                                        say what SQL statements read, and what would make them cheaper; a
                                        definition is what aws glue get-table prints; - is standard input
          athena-alerter preview [--days N | --from DAY --to DAY] [--output FILE] [s3://BUCKET[/PREFIX] | FILE…]
                                        say what these settings would have told of the last 30 days: from
                                        a trail, or from CloudTrail's own history of --regions A,B; --list
                                        prints each alert. Nothing is sent; an interrupted run goes on
          athena-alerter reconcile [--date DAY[..DAY]] [--replay] s3://BUCKET[/PREFIX] | FILE…
                                        print the queries of these days (YYYY-MM-DD, by default yesterday)
                                        that CloudTrail tells of and the table does not have, as lines of
                                        JSON; --replay stores them, so that they are asked for and told
          athena-alerter redrive [--dry-run] STACK
                                        put back the messages and events that a CloudFormation stack has
                                        given up; --dry-run only tells how many there are
          athena-alerter budgets [--period PERIOD]
                                        print how much of each budget is used: in its present period, in
                                        the 'previous' one, or in a month (2026-11), a week (2026-W48) or
                                        a day (2026-11-26)
          athena-alerter report [--month MONTH | --week WEEK] [--from FILE|FOLDER…] [--output PAGE]
                                        make a page of what a month (2026-11) or a week (2026-W48) came
                                        to, by default the month of yesterday, from files of the history
                                        or from the table
          athena-alerter doctor [--send WHO] STACK
                                        say of a running stack what is well, what is not, and what to do;
                                        --send posts a test alert to an address, a Slack id or a #channel
        """
    }

    package static func command(
        _ name: String,
        _ options: Options
    ) throws(WrongUsage) -> PreparedCommand<AlerterSystem> {
        let command = Command(rawValue: name)
        switch command {
        case .scan:
            let files = try files(in: options, of: command)
            return .local { LogFileScan.run(files) { start, lines in start.writeLine(to: &lines) } }
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
