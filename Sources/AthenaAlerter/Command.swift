import Alerting
import CloudTrail
import HTTP
import Handlers
import LambdaRuntime
import System

/// The commands of `athena-alerter`.
enum Command {
    static let version = "0.1.0"

    private static let usage = """
        Tells people on Slack what their Amazon Athena queries scanned and cost.

        usage:
          athena-alerter scan FILE…     print the query starts in CloudTrail log files as lines of JSON;
                                        gzipped or not, - is standard input
          athena-alerter check [FILE]   check the settings: FILE, else SETTINGS_FILE, else settings.json
                                        beside the executable
          athena-alerter reconcile [--date DAY[..DAY]] [--replay] s3://BUCKET[/PREFIX] | FILE…
                                        print the queries of these days (YYYY-MM-DD, by default yesterday)
                                        that CloudTrail tells of and the table does not have, as lines of
                                        JSON; --replay stores them, so that they are asked for and told
          athena-alerter redrive [--dry-run] STACK
                                        put back the messages and events that a CloudFormation stack has
                                        given up; --dry-run only tells how many there are
          athena-alerter projection TABLE [LOCATION]
                                        print the statement that has Athena work out the table's partitions by
                                        itself, from the settings of partition_refresh
          athena-alerter --help
          athena-alerter --version

        In AWS Lambda, _HANDLER selects cloudtrail_handler, usage_update, notification,
        run_query, query_api, query_retention or partition_refresh.

        """

    private enum Name: String {
        case scan, check, reconcile, redrive, projection
    }

    /// Runs the command that the arguments name and returns its exit status: 0, 1 for a failure, 2 for wrong usage.
    static func run(_ environment: Environment) -> Int32 {
        do throws(WrongUsage) {
            let arguments = try arguments()
            guard let word = arguments.first else { throw WrongUsage("a command is missing") }
            return try run(word, Options(arguments.dropFirst(), command: word), environment)
        } catch {
            return fail("\(error); see athena-alerter --help", status: 2)
        }
    }

    /// What follows the executable's name. `CommandLine.arguments` mends what is not UTF-8, and would name another file.
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
        if ["--help", "-h", "--version"].contains(word) {
            _ = try options.operands(atMost: 0)
            return printOut(word == "--version" ? "athena-alerter \(version)\n" : usage)
        }
        guard let name = Name(rawValue: word) else { throw WrongUsage("there is no command '\(word)'") }
        guard !options.askForHelp else { return printOut(usage) }
        switch name {
        case .scan:
            let files = try options.operands()
            guard !files.isEmpty else { throw WrongUsage("scan: a file is missing") }
            return scan(files)
        case .check:
            return check(try options.operands(atMost: 1).first ?? SettingsLocation(environment: environment).path)
        case .reconcile:
            return operate(environment, try ReconcileCommand(options).run)
        case .redrive:
            return operate(environment, try RedriveCommand(options).run)
        case .projection:
            let words = try options.operands(atMost: 2)
            guard let table = words.first else { throw WrongUsage("projection: a table is missing") }
            return project(table, at: words.dropFirst().first, SettingsLocation(environment: environment))
        }
    }

    /// Runs a command that works on what is in AWS, with the settings and credentials that the environment names.
    private static func operate(
        _ environment: Environment,
        _ run: (HandlerAssembly) throws -> Int32
    ) -> Int32 {
        do {
            let settings = try SettingsLocation(environment: environment).load()
            var configuration = HTTPClient.Configuration()
            configuration.trust = HTTPClient.Trust(environment: environment)
            let http = HTTPClient(configuration: configuration)
            return try run(HandlerAssembly(environment: environment, settings: settings, http: http))
        } catch {
            return fail("\(error)", status: 1)
        }
    }

    /// Whoever checks a file means one that is there, though the handlers could do without.
    private static func check(_ path: String) -> Int32 {
        do {
            let settings = try Settings(file: LocalFile(path: path).contents())
            let status = printOut("\(path) is valid\n\(settings.summary)")
            do {
                try settings.slack.requireAccess()
            } catch {
                // The other handlers need no Slack, nor does whoever reads the queue instead.
                warn("\(path): notification will not start: \(error)")
            }
            return status
        } catch {
            return fail("\(path): \(error)", status: 1)
        }
    }

    private static func project(_ table: String, at location: String?, _ settings: SettingsLocation) -> Int32 {
        do {
            let settings = try settings.load().partitionRefresh
            return printOut(try ProjectionStatement(table: table, location: location, settings: settings).sql)
        } catch {
            return fail("projection: \(error)", status: 1)
        }
    }

    /// Scans every file, also after one that failed, as long as the output takes what is found.
    private static func scan(_ files: [String]) -> Int32 {
        var status: Int32 = 0
        for file in files {
            do throws(LogFileScan.Failure) {
                try LogFileScan(path: file).run { lines in isPrinted(lines) }
            } catch .outputClosed {
                return 1
            } catch {
                status = fail("\(file): \(error)", status: 1)
            }
        }
        return status
    }

    private static func printOut(_ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { isPrinted(UnsafeRawBufferPointer($0)) ? 0 : 1 }
    }

    private static func isPrinted(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let reason = StandardStream.output.write(text) else { return true }
        return fail("standard output: \(reason)", status: 1) == 0
    }

    private static func fail(_ reason: String, status: Int32) -> Int32 {
        warn(reason)
        return status
    }

    private static func warn(_ problem: String) {
        StandardStream.error.write("athena-alerter: \(problem.printable)\n")
    }
}
