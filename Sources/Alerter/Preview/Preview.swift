import AWS
import Alerting
import CloudTrail
import Commands
import HTTP
import LambdaEvents
import LambdaRuntime
import System
import Time

/// Collects what a source tells of starts and Athena of their ends, into the rows of a file.
final class Preview {
    private static let askingTimeLimit = Duration.seconds(120)
    private static let fileTimeLimit = Duration.seconds(900)
    /// The starts that are asked for together.
    private static let pieceCount = 4 * Athena.maximumBatchCount
    private static let eventName = "StartQueryExecution"
    private static let done = "done"

    private let clients: Clients
    private let rows: PreviewRows
    private let days: Days
    private let people: People
    private let price: Price
    private let terminal = Terminal()
    private var waiting: [OpenQuery] = []
    /// Starts that Athena has forgotten, and its system table may have.
    private var old: [OpenQuery] = []
    /// The progress that may be noted as soon as the waiting starts are in the file.
    private var parts: [(part: String, place: String)] = []
    private var count = 0
    /// Files that could not be read to their end.
    private(set) var failures = 0

    /// The services that a preview asks.
    struct Clients {
        let athena: Athena
        let s3: S3
        let trails: Trails
        /// Reads what Athena has forgotten; nil when the options do not ask for that.
        var systemTable: SystemTable?
    }

    init(_ clients: Clients, rows: PreviewRows, days: Days, alerter: AlerterSystem) {
        self.clients = clients
        self.rows = rows
        self.days = days
        people = alerter.settings.people
        price = alerter.price
    }

    /// Reads files and folders of this machine.
    func read(files: [String]) throws {
        var failure: (any Error)?
        let status = LogFileScan.run(files) { [self] start, _ in
            guard failure == nil, days.contains(start.key.startDate) else { return }
            do {
                try take(start)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if status != 0 { failures += 1 }
        try settle(isLast: true)
    }

    /// Reads a trail's log files of an account.
    func read(bucket: String, prefix: String, accountID: String) throws {
        let files = TrailFiles(s3: clients.s3, bucket: bucket, prefix: prefix)
        let folders = try files.regionFolders(of: accountID)
        guard !folders.isEmpty else {
            throw HandlerError.misconfigured(
                "s3://\(bucket)/\(files.prefix)AWSLogs/ has no CloudTrail logs of account \(accountID)"
            )
        }
        var failure: (any Error)?
        for folder in folders {
            _ = try files.visit(folder, on: days) { file in
                do {
                    try read(file, accountID: accountID)
                } catch {
                    failure = error
                }
                return failure == nil
            }
            if let failure { throw failure }
        }
        try settle(isLast: true)
    }

    private func read(_ file: CreatedObject, accountID: String) throws {
        guard rows.checkpoints[file.key] == nil else { return }
        var failure: (any Error)?
        let sink = LogFileSink(accountID: accountID, days: days.first...days.last) { [self] starts in
            do {
                for start in starts { try take(start) }
            } catch {
                failure = error
            }
            return starts.map { _ in .success(.written) }
        }
        do throws(AWSError) {
            try clients.s3.getObject(bucket: file.bucket, key: file.key, into: sink, before: .after(Self.fileTimeLimit))
        } catch {
            guard sink.failure != nil else { throw error }
        }
        if let failure { throw failure }
        if let reason = sink.failure ?? sink.finish() {
            failures += 1
            terminal.say("\(file.key): \(reason)")
            return
        }
        parts.append((file.key, Self.done))
    }

    /// Reads CloudTrail's own history, which is 90 days long, the latest events first.
    func readHistory(of region: String) throws {
        let part = "history of \(region)"
        guard rows.checkpoints[part] != Self.done else { return }
        let start = days.start
        let noted = rows.checkpoints[part].flatMap { Timestamp(iso8601: $0) }
        let end = min(noted ?? .now, days.end)
        let begin = ContinuousClock.now
        var token: String?
        repeat {
            let page = try clients.trails.events(named: Self.eventName, in: region, from: start, to: end, token: token)
            try read(page)
            if let oldest = page.oldest {
                // The second of the oldest event may continue on the next page.
                parts.append((part, oldest.iso8601))
                terminal.progress(progress(of: region, at: oldest, from: end, since: begin))
            }
            token = page.next
        } while token != nil
        parts.append((part, Self.done))
        try settle(isLast: true)
    }

    private func read(_ page: Trails.Page) throws {
        var reader = LogFileReader()
        var starts: [QueryStart] = []
        try page.body.withUnsafeBytes { body in
            try reader.read(body) { starts.append($0) }
        }
        _ = try reader.finish()
        for start in starts where days.contains(start.key.startDate) { try take(start) }
    }

    private func progress(
        of region: String,
        at oldest: Timestamp,
        from end: Timestamp,
        since begin: ContinuousClock.Instant
    ) -> String {
        let covered = (end - oldest) / .seconds(1)
        let left = (oldest - days.start) / .seconds(1)
        let passed = begin.duration(to: .now) / .seconds(1)
        let seconds = covered > 0 ? Int(passed * left / covered) : 0
        return "\(region): \(count) queries, back to \(oldest.date), about \(seconds) s left"
    }

    /// Takes a start, and asks Athena when enough of them wait.
    private func take(_ start: QueryStart) throws {
        guard rows.isNew(start.executionID) else { return }
        let query = OpenQuery(start)
        if clients.systemTable != nil, query.isForgotten { old.append(query) } else { waiting.append(query) }
        count += 1
        if waiting.count >= Self.pieceCount || old.count >= SystemTable.maximumCount { try settle() }
    }

    /// Asks Athena for the waiting starts, and writes their rows and then the places that have been read.
    ///
    /// - Parameter isLast: whether no start follows. Else the system table is asked only for many starts at once, because
    ///   each query is billed.
    private func settle(isLast: Bool = false) throws {
        let asked = waiting
        waiting = []
        try ask(asked)
        if let table = clients.systemTable, !old.isEmpty {
            guard isLast || old.count >= SystemTable.maximumCount else { return }
            let asked = old
            old = []
            try table.read(asked) { row, answer in
                try write(row, answer.map { QueryProgress(of: row, in: $0, price: price) } ?? .unknown)
            }
        }
        for (part, place) in parts { try rows.note(part, at: place) }
        parts = []
        terminal.progress("\(count) queries")
    }

    /// Asks for some rows and writes the answers, also when others fail.
    private func ask(_ asked: [OpenQuery], batchCount: Int = Athena.maximumBatchCount) throws {
        let batches = Dictionary(grouping: asked) { $0.region ?? "" }.sorted { $0.key < $1.key }
            .flatMap { _, rows in rows.chunks(of: batchCount).map(Array.init) }
        let requests = batches.map { Athena.Batch(region: $0[0].region, ids: $0.map(\.key.executionID)) }
        let answers = clients.athena.batchGetQueryExecution(requests, before: .after(Self.askingTimeLimit))
        var failure: AWSError?
        for (batch, answer) in zip(batches, answers) {
            switch answer {
            case .success(let answer):
                for row in batch { try write(row, QueryProgress(of: row, in: answer, price: price)) }
            case .failure(let error) where error.mayBeOfOneID && batch.count > 1:
                // One of the ids may be the cause: each is asked for alone.
                try ask(batch, batchCount: 1)
            case .failure(let error) where error.mayBeOfOneID: try write(batch[0], .refused("\(error)"))
            case .failure(let error): failure = error
            }
        }
        if let failure { throw failure }
    }

    private func write(_ row: OpenQuery, _ progress: QueryProgress) throws {
        let id = row.key.executionID
        switch progress {
        case .ended(var query, _):
            query.attribute(to: row.attribution.settled(sql: query.sql, people: people))
            try rows.append(query, limit: SQS.maximumMessageLength)
        case .unfinished, .running: try rows.append(.running, executionID: id)
        case .unknown: try rows.append(.forgotten, executionID: id)
        case .unclear(let reason), .refused(let reason):
            terminal.say(reason)
            try rows.append(.unclear, executionID: id)
        case .refusedWithOthers, .notTold: try rows.append(.unclear, executionID: id)
        }
    }
}

extension AWSError {
    /// Whether a request for fewer executions may succeed.
    fileprivate var mayBeOfOneID: Bool {
        isTooLongAnswer || ["InvalidRequestException", "ValidationException"].contains(code)
    }
}
