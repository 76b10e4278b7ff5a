import AWS
import Alerting
import CloudTrail
import JSON
import LambdaRuntime
import Reporting
import Time

/// One invocation of `report`.
struct ReportInvocation {
    /// The time that it takes to report.
    private static let reserve = Duration.seconds(5)

    private static let gzip = "application/gzip"

    private let handler: ReportHandler
    private let context: InvocationContext
    private let deadline: Deadline
    private let now: Timestamp

    init(_ handler: ReportHandler, context: InvocationContext, now: Timestamp) {
        self.handler = handler
        self.context = context
        self.now = now
        deadline = context.deadline(reserving: Self.reserve)
    }

    /// Writes the history of some days, and then the pages of which they are a part.
    ///
    /// - Throws: ``HandlerError`` when a day or a page could not be written; the others are.
    func run(_ days: [String]) throws(HandlerError) {
        for name in [
            "HistoryDaysWritten", "HistoryDaysFailed", "HistoryQueries", "HistoryRowsUnreadable", "PagesWritten",
            "PagesFailed",
        ] {
            context.metrics.add(name, 0)
        }
        handler.sending?.makeOwedRecords(context.log, before: deadline)
        var failures: [String] = []
        let oldest = handler.table.oldestDay(at: now)
        for day in days {
            // The rows of an older day are expiring, and its file would lose what it has.
            guard day >= oldest else {
                failures.append("\(day): its rows are expiring; the oldest whole day is \(oldest)")
                continue
            }
            if let reason = failure(of: day, "HistoryDaysFailed", { () throws(AWSError) in try write(day) }) {
                failures.append(reason)
            }
        }
        failures += writePages(of: days) + sendSummaries()
        guard failures.isEmpty else { throw .incomplete(failures) }
    }

    /// Does a part of the work, and returns the reason for which it failed, nil when it did not.
    private func failure(of name: String, _ metric: String, _ work: () throws(AWSError) -> Void) -> String? {
        do throws(AWSError) {
            try work()
            return nil
        } catch {
            context.metrics.add(metric)
            return logged(name, "\(error)")
        }
    }

    /// Writes the queries of a day, and then its sums.
    private func write(_ day: String) throws(AWSError) {
        var queries = Gzip()
        var sums = Sums()
        var count = 0
        var unreadable = 0
        var next: Item?
        repeat {
            let page = try handler.table.finishedQueries(on: day, from: next, before: deadline)
            for query in page.queries {
                let line = HistoryLine(query, sql: handler.settings.sql)
                queries.add(line.text)
                sums.add(line)
            }
            count += page.queries.count
            unreadable += page.unreadable
            next = page.next
        } while next != nil
        try handler.history.put(
            queries.finish(),
            at: HistoryPlace.queries(of: day),
            contentType: Self.gzip,
            before: deadline
        )
        var packed = Gzip()
        packed.add(sums.lines)
        try handler.history.put(
            packed.finish(),
            at: HistoryPlace.sums(of: day),
            contentType: Self.gzip,
            before: deadline
        )
        context.metrics.add("HistoryDaysWritten")
        context.metrics.add("HistoryQueries", count)
        context.metrics.add("HistoryRowsUnreadable", unreadable)
        if unreadable > 0 { context.log(.warn, "\(day): \(unreadable) rows cannot be read") }
    }

    /// Writes the page of each month and week with one of some days in it, and returns the reasons for which some failed.
    private func writePages(of days: [String]) -> [String] {
        let moments = days.compactMap { Timestamp(date: $0) }
        let periods = Set(moments.flatMap { moment in Period.Kind.allCases.map { Period($0, containing: moment) } })
        var known: Set<String> = []
        let problem = failure(of: HistoryPlace.sums, "PagesFailed") { () throws(AWSError) in
            known = Set(try handler.history.keys(in: HistoryPlace.sums, before: deadline))
        }
        if let problem { return [problem] }
        return periods.sorted { $0.name < $1.name }.compactMap { period in
            let key = HistoryPlace.page(of: period)
            return failure(of: key, "PagesFailed") { () throws(AWSError) in
                var report = try report(of: period, from: known)
                report.budgets = try handler.budgets?.uses(in: report, before: deadline) ?? []
                let html = Array(ReportPage(report).html.utf8)
                try handler.history.put(html, at: key, contentType: "text/html; charset=utf-8", before: deadline)
                context.metrics.add("PagesWritten")
            }
        }
    }

    /// Sends the summaries that are due, first to the channel and then to people, and returns the reasons for which some were
    /// not sent.
    private func sendSummaries() -> [String] {
        let dueToChannel = handler.summaries?.due(at: now) ?? []
        let dueToPeople = handler.people?.due(at: now) ?? []
        var reports: [Period: Report] = [:]
        var failures: [String] = []
        for period in Set(dueToChannel + dueToPeople).sorted(by: { $0.name < $1.name }) {
            let problem = failure(of: "summary of \(period.name)", "SummariesFailed") { () throws(AWSError) in
                let known = Set(try handler.history.keys(in: HistoryPlace.sums, before: deadline))
                reports[period] = try report(of: period, from: known)
            }
            failures += [problem].compactMap(\.self)
        }
        // A period of which nothing is kept has nothing to tell.
        reports = reports.filter { $0.value.sums.total.queries > 0 }
        if let sender = handler.summaries {
            for report in dueToChannel.compactMap({ reports[$0] }) {
                guard let reason = sender.send(report, context, before: deadline) else { continue }
                context.metrics.add("SummariesFailed")
                failures.append(logged("summary of \(report.period.name)", reason))
            }
        }
        if let sender = handler.people {
            for report in dueToPeople.compactMap({ reports[$0] }) {
                let reasons = sender.send(report, context, before: deadline).sorted()
                failures += reasons.map { logged("messages to people about \(report.period.name)", $0) }
            }
        }
        return failures
    }

    private func logged(_ name: String, _ reason: String) -> String {
        context.log(.error, "\(name): \(reason)")
        return "\(name): \(reason)"
    }

    /// The report of a period from the sums of its days.
    private func report(of period: Period, from known: Set<String>) throws(AWSError) -> Report {
        var builder = ReportBuilder(period)
        for day in builder.neededDays where known.contains(HistoryPlace.sums(of: day)) {
            builder.add(try sums(of: day), of: day)
        }
        return builder.report(lastDay: (now - .days(1)).date)
    }

    private func sums(of day: String) throws(AWSError) -> Sums {
        let key = HistoryPlace.sums(of: day)
        let sink = LineSink()
        try handler.history.download(key, into: sink, before: deadline)
        var sums = Sums()
        do {
            for line in try sink.finish() { try sums.add(line: try JSONValue(parsing: line), of: day) }
        } catch {
            throw .unreadable(call: "s3:GetObject", reason: "\(key): \(error)")
        }
        return sums
    }
}
