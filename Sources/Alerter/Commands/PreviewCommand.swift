import AWS
import Alerting
import Assembly
import Commands
import Time

/// `athena-alerter preview`: says what the settings would have told in the last days. Nothing is sent.
struct PreviewCommand {
    private static let defaultDays: Int64 = 30
    private static let defaultOutput = "athena-alerter-preview.jsonl"

    let days: Days
    let regions: [String]
    let output: String
    let isListing: Bool
    /// The place of the queries of Athena's system table; nil when it is not read.
    let systemTable: SystemTable.Place?
    let sources: [String]

    /// Reads the arguments after the command's name.
    init(_ options: Options, now: Timestamp = .now) throws(WrongUsage) {
        var options = options
        days = try Self.days(in: &options, now: now)
        regions = (try options.takeValue("--regions"))?.split(separator: ",").map(String.init) ?? []
        for region in regions where !EndpointResolver.isRegion(region) {
            throw WrongUsage("preview: --regions: '\(region)' is not the name of a region")
        }
        output = try options.takeValue("--output") ?? Self.defaultOutput
        isListing = options.takeFlag("--list")
        systemTable = try Self.systemTable(in: &options)
        sources = try options.operands()
        guard sources.count == 1 || !sources.contains(where: { $0.hasPrefix("s3://") }) else {
            throw WrongUsage("preview: one s3://BUCKET, or files, not both")
        }
        guard sources != ["s3://"] else { throw WrongUsage("preview: the bucket's name is missing") }
        guard regions.isEmpty || sources.isEmpty else {
            throw WrongUsage("preview: --regions is for CloudTrail's history; log files say their regions themselves")
        }
    }

    private static func systemTable(in options: inout Options) throws(WrongUsage) -> SystemTable.Place? {
        let isAsked = options.takeFlag("--system-table")
        let place = SystemTable.Place(
            workgroup: try options.takeValue("--workgroup"),
            outputLocation: try options.takeValue("--results")
        )
        guard isAsked else {
            guard place == SystemTable.Place() else {
                throw WrongUsage("preview: --workgroup and --results are for --system-table")
            }
            return nil
        }
        guard place.outputLocation?.hasPrefix("s3://") != false else {
            throw WrongUsage("preview: --results: expected s3://BUCKET/PREFIX/, found '\(place.outputLocation ?? "")'")
        }
        return place
    }

    private static func days(in options: inout Options, now: Timestamp) throws(WrongUsage) -> Days {
        let count = try options.takeValue("--days")
        let first = try options.takeValue("--from")
        let last = try options.takeValue("--to")
        if let count {
            guard first == nil, last == nil, let days = Int64(count), (1...90).contains(days) else {
                throw WrongUsage(
                    "preview: --days: expected a number from 1 to 90, without --from and --to, found '\(count)'"
                )
            }
            return Days(from: now - .days(days - 1), to: now)
        }
        let start = first ?? (now - .days(defaultDays - 1)).date
        let end = last ?? now.date
        guard let days = Days("\(start)..\(end)") else {
            throw WrongUsage("preview: --from and --to: expected two days, YYYY-MM-DD, the first not after the last")
        }
        return days
    }

    /// Collects the queries, prints the report, and returns the exit status: 0 when all of the source could be read.
    func run(_ alerter: AlerterSystem, _ phase: InitPhase) throws -> Int32 {
        let rows = try PreviewRows(path: output, subject: subject(in: phase.aws.region))
        let clients = Preview.Clients(
            athena: Athena(phase.aws),
            s3: S3(phase.aws),
            trails: Trails(phase.aws),
            systemTable: systemTable.map { SystemTable(place: $0) { Athena(phase.aws, region: $0) } }
        )
        let preview = Preview(clients, rows: rows, days: days, alerter: alerter)
        try collect(preview, phase)
        let status = try print(rows, alerter)
        Terminal().say("the rows are in \(output); the same command with other settings reads them from there")
        return max(status, preview.failures > 0 ? 1 : 0)
    }

    private func subject(in region: String) -> String {
        let source =
            sources.isEmpty
            ? "history of \(self.regions(in: region).joined(separator: ","))" : sources.joined(separator: " ")
        return "\(source), \(days.first) to \(days.last)"
    }

    private func regions(in region: String) -> [String] { regions.isEmpty ? [region] : regions }

    private func collect(_ preview: Preview, _ phase: InitPhase) throws {
        guard let first = sources.first else {
            for region in regions(in: phase.aws.region) { try preview.readHistory(of: region) }
            return
        }
        guard first.hasPrefix("s3://") else { return try preview.read(files: sources) }
        let parts = first.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        let account = try STS(phase.aws).accountID(before: .after(.seconds(60)))
        try preview.read(bucket: parts[0], prefix: parts.count > 1 ? parts[1] : "", accountID: account)
    }

    private func print(_ rows: PreviewRows, _ alerter: AlerterSystem) throws -> Int32 {
        var report = PreviewReport(settings: alerter.settings)
        var status: Int32 = 0
        try rows.forEach { row in
            switch row {
            case .untold(let reason): report.add(reason)
            case .query(let query):
                let alerts = report.add(query)
                guard isListing, status == 0 else { return }
                let cost = AlertText(query).cost
                status = Self.write(
                    alerts.map { "\(query.key.startKey)  \(cost)  \($0.target.rawValue)  \($0.receiver.name)" }
                )
            }
        }
        if isListing, status == 0 { status = Self.write(PreviewReport.lines(of: report.budgets.outcome.notices)) }
        let lines = report.lines
        let first = "\(days.first) to \(days.last): \(lines[0])"
        return max(status, Self.write((isListing ? [""] : []) + [first] + lines.dropFirst()))
    }

    private static func write(_ lines: [String]) -> Int32 {
        CommandOutput.write(lines.map { $0.printable + "\n" }.joined())
    }
}
