import AWS
import Alerting
import Assembly
import Commands
import Reporting
import System
import Time

/// `athena-alerter report`: makes the page of a month or week, from files of the history or from the table.
struct ReportCommand {
    /// The time for reading the table.
    private static let timeLimit = Duration.seconds(3600)

    private let period: Period
    private let files: [String]
    private let output: String?

    /// Whether it reads files, and needs no AWS.
    var isLocal: Bool { !files.isEmpty }

    /// Reads the arguments after the command's name.
    init(_ options: Options, now: Timestamp = .now) throws(WrongUsage) {
        var options = options
        let month = try Self.period(.month, in: &options)
        let week = try Self.period(.week, in: &options)
        guard month == nil || week == nil else { throw WrongUsage("report: --month or --week, not both") }
        period = month ?? week ?? Period(.month, containing: now - .days(1))
        output = try options.takeValue("--output")
        let isFromFiles = options.takeFlag("--from")
        files = try options.operands()
        guard isFromFiles || files.isEmpty else {
            throw WrongUsage("report: unexpected argument '\(files[0])'; files of the history follow --from")
        }
        guard !isFromFiles || !files.isEmpty else { throw WrongUsage("report: --from: a file or folder is missing") }
    }

    private static func period(_ kind: Period.Kind, in options: inout Options) throws(WrongUsage) -> Period? {
        guard let name = try options.takeValue("--\(kind.rawValue)") else { return nil }
        guard let period = Period(kind, named: name) else {
            let example = kind == .month ? "2026-11" : "2026-W48"
            throw WrongUsage(
                "report: --\(kind.rawValue): expected a \(kind.rawValue) such as \(example), found '\(name)'"
            )
        }
        return period
    }

    /// Makes the page from files, and returns the exit status: 1 when a file or a line could not be read.
    func runOnFiles() -> Int32 {
        var builder = ReportBuilder(period)
        let isComplete = HistoryFiles.read(files, into: &builder)
        return max(write(builder.report(lastDay: Timestamp.now.date)), isComplete ? 0 : 1)
    }

    /// Makes the page from the table, and returns the exit status: 1 when a row could not be read.
    func runOnTable(_ alerter: AlerterSystem, _ phase: InitPhase) throws -> Int32 {
        let table = try alerter.table(in: phase)
        let terminal = Terminal()
        let deadline = Deadline.after(Self.timeLimit)
        var builder = ReportBuilder(period)
        var unreadable = 0
        for day in builder.neededDays where day <= Timestamp.now.date && day >= table.oldestDay(at: .now) {
            terminal.progress(day)
            var next: Item?
            repeat {
                let page = try table.finishedQueries(on: day, from: next, before: deadline)
                for query in page.queries { builder.add(HistoryLine(query, sql: alerter.settings.reports.sql)) }
                unreadable += page.unreadable
                next = page.next
            } while next != nil
        }
        var report = builder.report(lastDay: Timestamp.now.date)
        report.budgets = try alerter.budgetReading(in: phase)?.uses(in: report, before: deadline) ?? []
        terminal.endProgress()
        if unreadable > 0 { terminal.say("\(unreadable) rows of the table cannot be read") }
        return max(write(report), unreadable == 0 ? 0 : 1)
    }

    private func write(_ report: Report) -> Int32 {
        let html = ReportPage(report).html
        guard let output else { return CommandOutput.write(html) }
        guard let reason = LocalFile(path: output).replaceContents(by: html) else { return 0 }
        return CommandOutput.fail("\(output): \(reason)", status: 1)
    }
}
