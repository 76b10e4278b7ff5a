import AWS
import Alerting
import Assembly
import Commands
import HTTP
import JSON
import System
import Time

/// `athena-alerter reconcile`: prints the queries that are in log files and not in the table.
struct ReconcileCommand {
    let days: Days?
    let isReplaying: Bool
    let sources: [String]

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        var options = options
        isReplaying = options.takeFlag("--replay")
        days = try options.takeValue("--date").map { text throws(WrongUsage) in
            guard let days = Days(text) else {
                throw WrongUsage("reconcile: '\(text)' is neither a day, YYYY-MM-DD, nor two with '..' between")
            }
            return days
        }
        sources = try options.operands()
        guard !sources.isEmpty else { throw WrongUsage("reconcile: s3://BUCKET or a file is missing") }
        let buckets = sources.filter { $0.hasPrefix("s3://") }
        guard buckets.isEmpty || sources.count == 1 else {
            throw WrongUsage("reconcile: one s3://BUCKET, or files, not both")
        }
        guard sources != ["s3://"] else { throw WrongUsage("reconcile: the bucket's name is missing") }
    }

    /// Compares, and returns the exit status: 0 when nothing is missing at the end.
    func run(_ alerter: AlerterSystem, _ phase: InitPhase) throws -> Int32 {
        let terminal = Terminal()
        var files = 0
        let reconciliation = Reconciliation(
            table: try alerter.table(in: phase),
            s3: S3(phase.aws),
            sts: STS(phase.aws),
            isReplaying: isReplaying
        ) { finding in
            switch finding {
            case .missing(let query):
                var line = JSONLines()
                query.write(to: &line)
                let problem = line.take { StandardStream.output.write($0) }
                if let problem { terminal.say("standard output: \(problem)") }
                return problem == nil
            case .failure(let reason):
                terminal.say(reason)
            case .file:
                files += 1
                terminal.progress("\(files) files")
            }
            return true
        }
        try compare(reconciliation)
        for line in reconciliation.summary.lines(isReplaying: isReplaying) { terminal.say(line) }
        return reconciliation.summary.isComplete ? 0 : 1
    }

    private func compare(_ reconciliation: Reconciliation) throws {
        if let location = sources[0].withoutPrefix("s3://") {
            let parts = location.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let days = days ?? Days(before: .now)
            return try reconciliation.compare(bucket: parts[0], prefix: parts.count > 1 ? parts[1] : "", on: days)
        }
        for path in sources {
            let goesOn = try reconciliation.compare(file: path, on: days) { sink in
                sink.begin()
                try LocalFile(argument: path).read(sink.receive)
            }
            guard goesOn else { return }
        }
    }
}

extension Reconciliation.Summary {
    /// The sums, a line each.
    fileprivate func lines(isReplaying: Bool) -> [String] {
        [
            "\(filesRead) files read, \(filesSkipped) digests and insights skipped, \(filesFailed) failed",
            "\(records) records: \(queryStarts) query starts, \(refusedStarts) refused by Athena, "
                + "\(otherRecords) of others, \(malformedRecords) that cannot be read",
            "\(queryStarts) query starts: \(stored) in the table, \(missing) missing, \(missingAgain) missing and told again, "
                + "\(otherDays) of other days, \(otherAccounts) of other accounts, \(notCompared) not compared",
        ]
            + (isReplaying
                ? [
                    "\(missing) missing: \(replayed) stored now, \(storedMeanwhile) stored meanwhile, "
                        + "\(forgotten) too old for Athena to know, \(notReplayed) not stored"
                ] : [])
    }
}

extension String {
    fileprivate func withoutPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
