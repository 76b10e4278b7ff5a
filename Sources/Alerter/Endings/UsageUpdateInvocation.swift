import AWS
import Alerting
import CloudTrail
import HTTP
import JSON
import LambdaRuntime
import System
import Time

/// One invocation of `usage_update`: the time that it has, the regions that do not answer, and what failed.
struct UsageUpdateInvocation {
    /// The services that the handler calls.
    struct Services {
        let athena: any Executions
        let sqs: any FinishedQueries
        let queueURL: String
        let table: any OpenQueries
        let price: Price
        var running = Running()
        /// Stops queries; nil unless the environment allows it.
        var stopper: (any ExecutionStopper)?
        var people = People()
        /// The directory that knows Identity Center's users; nil unless the environment names one.
        var directory: DirectoryNames?
        /// The queue of Athena's events; nil unless the environment names one.
        var events: (queue: any EventQueue, url: String)?
    }

    /// A piece that has less time is not begun: one slow answer would turn it into a failure.
    private static let shortestPiece = Duration.seconds(1)
    /// The rows that are asked for, sent and closed together: with the longest SQL they take some tens of megabytes.
    private static let pieceCount = 2 * Athena.maximumBatchCount
    /// A region silent for this long is treated as down.
    private static let regionTimeLimit = Duration.seconds(10)

    let context: InvocationContext
    let deadline: Deadline
    let services: Services
    /// From here on only refused batches are asked for again: the last quarter of the time.
    private let lastQuarter: Deadline
    /// The failures that are not one query's own.
    var failures: [String] = []
    /// Queries of batches that Athena refused: one query of each batch may be the cause.
    private var refused: [OpenQuery] = []
    /// Regions in which Athena did not answer, and the error. They are not asked a second time.
    private var silentRegions: [String: String] = [:]
    /// The executions that need no further look: a row of theirs is closed.
    private(set) var settledIDs: Set<String> = []
    /// Whether Athena answered for any query at all.
    private(set) var hasAnyAnswer = false
    /// Athena's words when it denied access.
    private(set) var denial: String?
    private(set) var isFirstPiece = true
    /// Whether a piece had so little time that silence means nothing. The next invocation begins with that piece.
    private var isCut = false

    init(context: InvocationContext, deadline: Deadline, services: Services) {
        self.context = context
        self.deadline = deadline
        self.services = services
        lastQuarter = deadline.reserving(deadline.remaining / 4)
    }

    /// Whether there is time for another piece.
    private var hasTime: Bool { !isCut && deadline.allows(Self.shortestPiece) }

    /// Whether there is time for further queries; those of refused batches get the last quarter of the time.
    var hasTimeForMore: Bool { hasTime && (refused.isEmpty || !lastQuarter.hasPassed) }

    /// Takes the queries of refused batches.
    mutating func takeRefused() -> [OpenQuery] {
        defer { refused = [] }
        return refused
    }

    /// Fails the invocation when one of its parts failed.
    mutating func finish() throws(HandlerError) {
        if let denial, !hasAnyAnswer { failures.append(denial) }
        guard failures.isEmpty else { throw .incomplete(failures) }
    }

    /// Adds a failure that is not one query's own, so that the invocation fails. A failure after the deadline does not
    /// count: the next invocation continues there.
    mutating func fail(_ reason: String, _ count: Int) {
        guard !deadline.hasPassed else { return context.metrics.add("QueriesLeftForLater", count) }
        context.metrics.add("QueriesFailed", count)
        if !failures.contains(reason) { failures.append(reason) }
    }

    /// A row and the change that closes it.
    typealias Ending = (row: OpenQuery, closing: RowClosing)

    /// Settles rows piece by piece.
    ///
    /// - Returns: the number of rows, from the first on, for which there was time.
    mutating func update(_ rows: [OpenQuery], batchCount: Int) -> Int {
        var count = 0
        for piece in rows.chunks(of: Self.pieceCount) {
            guard hasTime else {
                context.metrics.add("QueriesLeftForLater", piece.count)
                continue
            }
            settle(Array(piece), batchCount: batchCount)
            isFirstPiece = false
            if !isCut { count += piece.count }
        }
        return count
    }

    /// Settles the rows for which Athena answers. The rows of a refused batch are put aside, to be asked for in smaller
    /// batches and at last one by one.
    private mutating func settle(_ rows: [OpenQuery], batchCount: Int) {
        var endings: [Ending] = []
        var running: [RunningRow] = []
        for (row, progress) in zip(rows, ask(rows, batchCount: batchCount)) {
            switch progress {
            case .unfinished: context.metrics.add("QueriesRunning")
            case .running(let query):
                context.metrics.add("QueriesRunning")
                running.append((row, query))
            case .notTold: break
            case .refusedWithOthers: refused.append(row)
            case .refused where row.isForgotten: endings.append((row, .unknown))
            case .refused(let reason), .unclear(let reason):
                // This query's own trouble: its neighbors continue, and the next invocation asks for it again.
                context.metrics.add("QueriesUnclear")
                context.log(.warn, "Athena does not tell of a query", .init("reason", .string(reason)))
            case .unknown: endings.append((row, .unknown))
            case .ended(let query, let submitted):
                let query = attributed(query, of: row)
                if let closing = closing(of: row, query, submitted: submitted) { endings.append((row, closing)) }
            }
        }
        nameStoppers(of: &endings)
        close(send(endings))
        watch(running)
    }

    /// Asks Athena for each row in the row's region. The answers come in the order of the rows.
    private mutating func ask(_ rows: [OpenQuery], batchCount: Int) -> [QueryProgress] {
        var progress = rows.map { $0.key.executionID.isEmpty ? QueryProgress.unknown : .notTold }
        // Half of the time is for asking, so that a region which does not answer leaves the other half to the answers of
        // the others.
        let time = deadline.remaining / 2
        let batches = batches(of: rows, rows.indices.filter { progress[$0] == .notTold }, batchCount: batchCount)
        let answers = services.athena.batchGetQueryExecution(batches.map(\.request), before: .after(time))
        for (batch, answer) in zip(batches, answers) {
            let indices = batch.indices
            switch answer {
            case .success(let answer):
                hasAnyAnswer = true
                for index in indices {
                    progress[index] = QueryProgress(of: rows[index], in: answer, price: services.price)
                }
            case .failure(let error) where error.isAboutTheRequest:
                if error.isDenial { denial = "\(error)" }
                for index in indices { progress[index] = indices.count > 1 ? .refusedWithOthers : .refused("\(error)") }
            case .failure(let error) where error.isSilence && !isFirstPiece && time < Self.regionTimeLimit:
                isCut = true
                context.metrics.add("QueriesLeftForLater", indices.count)
            case .failure(let error):
                if error.isSilence { silentRegions[rows[indices[0]].region ?? ""] = "\(error)" }
                fail("\(error)", indices.count)
            }
        }
        return progress
    }

    /// A request for some rows of one region.
    private struct Batch {
        let request: Athena.Batch
        /// The positions of the rows.
        let indices: [Int]
    }

    /// The requests for some rows, region by region, without the regions that do not answer.
    private mutating func batches(of rows: [OpenQuery], _ asked: [Int], batchCount: Int) -> [Batch] {
        let regions = Dictionary(grouping: asked) { rows[$0].region ?? "" }.sorted { $0.key < $1.key }
        var batches: [Batch] = []
        for (region, indices) in regions {
            if let reason = silentRegions[region] {
                fail(reason, indices.count)
                continue
            }
            for chunk in indices.chunks(of: batchCount) {
                let ids = Set(chunk.map { rows[$0].key.executionID })
                let request = Athena.Batch(region: region.isEmpty ? nil : region, ids: ids.sorted())
                batches.append(Batch(request: request, indices: Array(chunk)))
            }
        }
        return batches
    }

    /// A query that has ended with the person who ran it, by all evidence.
    func attributed(_ query: FinishedQuery, of row: OpenQuery) -> FinishedQuery {
        var attribution = row.attribution
        if let id = attribution.directoryID(unknownTo: services.people), let directory = services.directory {
            do {
                switch try directory.name(ofUser: id, before: deadline) {
                case .named(let name): attribution.person.name = name
                case .unnamed: break
                case .notNow: context.metrics.add("IdentityLookupsFailed")
                }
            } catch {
                context.metrics.add("IdentityLookupsFailed")
                context.log(.warn, "Identity Center does not name a user", .init("reason", .string("\(error)")))
            }
        }
        var query = query
        query.attribute(to: attribution.settled(sql: query.sql, people: services.people))
        return query
    }

    /// The change that closes the row of a query that has ended, nil when it cannot be decided now.
    ///
    /// A start that is repeated with the same client token gives the same execution again, some seconds later: a row
    /// that is younger than Athena's own time of submission may be such a repetition.
    private mutating func closing(of row: OpenQuery, _ query: FinishedQuery, submitted: Timestamp?) -> RowClosing? {
        guard let submitted, let start = row.key.startTime, start > submitted else { return .finished(query) }
        do {
            let since = submitted - .seconds(2)
            let first = try services.table.earlierRow(of: row.key, since: since, before: deadline)
            return first.map { .repeated(of: $0) } ?? .finished(query)
        } catch {
            fail("\(error)", 1)
            return nil
        }
    }

    /// Sends the messages of those that need one, and returns the rows that may be closed.
    private mutating func send(_ endings: [Ending]) -> [Ending] {
        let messages = endings.map { $0.closing.message }
        let outcomes = services.sqs.send(messages.compactMap(\.self), to: services.queueURL, before: deadline)
        var next = outcomes.makeIterator()
        var sent: [Ending] = []
        for (ending, message) in zip(endings, messages) {
            switch message == nil ? .success(()) : next.next() {
            case .success: sent.append(ending)
            case .failure(let error): fail("\(error)", 1)
            case nil: break
            }
        }
        context.metrics.add("MessagesSent", outcomes.count { (try? $0.get()) != nil })
        return sent
    }

    private mutating func close(_ endings: [Ending]) {
        let outcomes = services.table.close(endings.map { ($0.row.key, $0.closing) }, before: deadline)
        for (ending, outcome) in zip(endings, outcomes) {
            if case .success = outcome { settledIDs.insert(ending.row.key.executionID) }
            switch outcome {
            case .success(.written): context.metrics.add(ending.closing.metric)
            case .success(.conditionFailed): context.metrics.add("QueriesAlreadyClosed")
            case .failure(let error): fail("\(error)", 1)
            }
        }
    }
}

extension RowClosing {
    /// The message for the queue; nil for a query that Athena does not know, or that another row stands for.
    fileprivate var message: String? {
        guard case .finished(let query) = self else { return nil }
        return query.message(limit: SQS.maximumMessageLength)
    }

    fileprivate var metric: String {
        switch self {
        case .finished: "QueriesFinished"
        case .unknown: "QueriesUnknownToAthena"
        case .repeated: "QueriesRepeated"
        }
    }
}

extension AWSError {
    private static let accessDenied = "AccessDeniedException"

    /// Whether no answer came at all.
    var isSilence: Bool {
        switch self {
        case .transport(_, .timedOut), .transport(_, .unreachable): true
        default: false
        }
    }

    /// Whether the service denied access.
    var isDenial: Bool { code == Self.accessDenied }

    /// Whether the service found fault with the request itself, so that a smaller request may help.
    fileprivate var isAboutTheRequest: Bool {
        if isTooLongAnswer { return true }
        guard case .refused(let error) = self else { return false }
        return ["InvalidRequestException", "ValidationException", Self.accessDenied].contains(error.code)
    }
}
