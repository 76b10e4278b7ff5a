import AWS
import Alerting
import HTTP
import JSON
import LambdaRuntime
import Time

/// Once a minute: asks Athena how the open queries stand, sends a message for each that has ended, and closes its row.
///
/// The message goes before the row is closed: should this die between the two, the message is sent again, and who
/// reads the queue can tell by the query's id. The other order would lose it.
///
/// When time runs out, the next invocation goes on from there, so that no query waits for others for ever.
final class UsageUpdate: LambdaHandler {
    /// What it takes to finish the page at hand and to report.
    private static let reserve = Duration.seconds(3)

    /// In less than this, nothing is begun that one slow answer would turn into a failure.
    private static let shortestPiece = Duration.seconds(1)

    /// How many rows are asked for, sent and closed together: with the longest SQL each they take some tens of megabytes.
    private static let pieceCount = 2 * Athena.maximumBatchCount
    private static let smallBatchCount = 7
    /// Who has not answered after this time, would not have answered after more.
    private static let fairTime = Duration.seconds(10)

    fileprivate static let accessDenied = "AccessDeniedException"

    private let athena: Athena
    private let sqs: SQS
    private let queueURL: String
    private let store: QueryStore
    private let price: Price
    /// How far the last invocation came. Lost with the process, which then begins with the oldest query.
    private var walk = OpenQueryWalk()

    init(athena: Athena, sqs: SQS, queueURL: String, store: QueryStore, price: Price) {
        self.athena = athena
        self.sqs = sqs
        self.queueURL = queueURL
        self.store = store
        self.price = price
    }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let deadline = context.deadline(reserving: Self.reserve)
        var run = Run(context: context, deadline: deadline, lastQuarter: deadline.reserving(deadline.remaining / 4))
        walk.begin()
        do throws(AWSError) {
            repeat {
                let page = try store.openQueries(from: walk.start, before: deadline)
                context.metrics.add("OpenQueries", page.queries.count)
                let count = update(page.queries, batchCount: Athena.maximumBatchCount, &run)
                walk.pass(page.queries, count, next: page.next)
            } while !walk.isOver && run.hasTimeForMore
        } catch  where error.isSilence && !run.isFirstPiece {
            // There was no time for another page. The next minute begins with it.
        } catch {
            // What was read before is still dealt with. Whatever it was, it must not lie at this place for ever.
            walk = OpenQueryWalk()
            run.failures.append("\(error)")
        }
        // Last, so that queries which Athena takes offense at hold up no other.
        for batchCount in [Self.smallBatchCount, 1] { _ = update(run.takeRefused(), batchCount: batchCount, &run) }
        if walk.isOver || walk.oldest != nil {
            context.metrics.add("OldestOpenQueryMinutes", walk.oldest?.ageMinutes ?? 0)
        }
        if !walk.isOver, run.failures.isEmpty {
            context.log(.warn, "time ran out; the remaining open queries wait for the next minute")
        }
        if let denial = run.denial, !run.isAnythingTold { run.failures.append(denial) }
        guard run.failures.isEmpty else { throw HandlerError.incomplete(run.failures) }
        return .null
    }

    /// What one invocation needs on its way, and what went wrong on it.
    private struct Run {
        let context: InvocationContext
        let deadline: Deadline
        /// From here on only refused batches are asked for again: the last quarter of the time.
        let lastQuarter: Deadline
        var failures: [String] = []
        /// Queries of batches that Athena refused: one of each batch may be the cause.
        var refused: [OpenQuery] = []
        /// Regions in which Athena did not answer, and how that showed. Nobody waits for them a second time.
        var silentRegions: [String: String] = [:]
        /// Whether Athena told of any query at all.
        var isAnythingTold = false
        /// What Athena said when it denied access.
        var denial: String?

        /// Whether there is time for another piece.
        var hasTime: Bool { !isCut && deadline.allows(UsageUpdate.shortestPiece) }
        var isFirstPiece = true
        /// Whether a piece was given so little time that no answer means nothing. It is the first of the next minute.
        var isCut = false

        /// Whether to look at further queries; those of refused batches get the last quarter of the time.
        var hasTimeForMore: Bool { hasTime && (refused.isEmpty || !lastQuarter.hasPassed) }

        mutating func takeRefused() -> [OpenQuery] {
            defer { refused = [] }
            return refused
        }

        /// Notes a failure that is not one query's own, so that the invocation must not count as a success.
        /// What fails because time is over is no failure: the next minute goes on from there.
        mutating func fail(_ reason: String, _ count: Int) {
            guard !deadline.hasPassed else { return context.metrics.add("QueriesLeftForLater", count) }
            context.metrics.add("QueriesFailed", count)
            if !failures.contains(reason) { failures.append(reason) }
        }
    }

    /// A row and what is to become of it.
    private typealias Ending = (row: OpenQuery, closing: QueryStore.Closing)

    /// Settles rows piece by piece.
    ///
    /// - Returns: how many of them, from the first on, there was time for.
    private func update(_ rows: [OpenQuery], batchCount: Int, _ run: inout Run) -> Int {
        var count = 0
        for piece in rows.chunks(of: Self.pieceCount) {
            guard run.hasTime else {
                run.context.metrics.add("QueriesLeftForLater", piece.count)
                continue
            }
            settle(piece, batchCount: batchCount, &run)
            run.isFirstPiece = false
            if !run.isCut { count += piece.count }
        }
        return count
    }

    /// Settles what can be settled of some rows. Those of a batch that Athena refuses are put aside, to be asked for in
    /// smaller batches and at last one by one.
    private func settle(_ rows: [OpenQuery], batchCount: Int, _ run: inout Run) {
        var endings: [Ending] = []
        for (row, progress) in zip(rows, ask(rows, batchCount: batchCount, &run)) {
            switch progress {
            case .unfinished: run.context.metrics.add("QueriesRunning")
            case .notTold: break
            case .refusedWithOthers: run.refused.append(row)
            case .refused where row.isForgotten: endings.append((row, .unknown))
            case .refused(let reason), .unclear(let reason):
                // One query's own trouble: its neighbors go on, and it is asked for again in a minute.
                run.context.metrics.add("QueriesUnclear")
                run.context.log(.warn, "Athena does not tell of a query", .init("reason", .string(reason)))
            case .unknown: endings.append((row, .unknown))
            case .ended(let query, let submitted):
                if let ending = ending(of: row, query, submitted: submitted, &run) { endings.append((row, ending)) }
            }
        }
        close(send(endings, &run), &run)
    }

    /// Asks Athena for each row in the row's region. The answers come in the order of the rows.
    private func ask(_ rows: [OpenQuery], batchCount: Int, _ run: inout Run) -> [QueryProgress] {
        var progress = rows.map { $0.key.executionID.isEmpty ? QueryProgress.unknown : .notTold }
        // Half of the time is for asking, so that a region which does not answer leaves the others' answers their half.
        let time = run.deadline.remaining / 2
        let deadline = Deadline.after(time)
        let regions = Dictionary(grouping: rows.indices.filter { progress[$0] == .notTold }) { rows[$0].region ?? "" }
        for (region, indices) in regions {
            if let reason = run.silentRegions[region] { run.fail(reason, indices.count) }
        }
        let chunks = regions.filter { run.silentRegions[$0.key] == nil }.sorted { $0.key < $1.key }
            .flatMap { $0.value.chunks(of: batchCount) }
        let batches = chunks.map { indices in
            let ids = Set(indices.map { rows[$0].key.executionID })
            return Athena.Batch(region: rows[indices[0]].region, ids: ids.sorted())
        }
        for (indices, answer) in zip(chunks, athena.batchGetQueryExecution(batches, before: deadline)) {
            switch answer {
            case .success(let answer):
                run.isAnythingTold = true
                for index in indices { progress[index] = QueryProgress(of: rows[index], in: answer, price: price) }
            case .failure(let error) where error.isAboutTheRequest:
                if error.code == Self.accessDenied { run.denial = "\(error)" }
                for index in indices { progress[index] = indices.count > 1 ? .refusedWithOthers : .refused("\(error)") }
            case .failure(let error) where error.isSilence && !run.isFirstPiece && time < Self.fairTime:
                run.isCut = true
                run.context.metrics.add("QueriesLeftForLater", indices.count)
            case .failure(let error):
                if error.isSilence { run.silentRegions[rows[indices[0]].region ?? ""] = "\(error)" }
                run.fail("\(error)", indices.count)
            }
        }
        return progress
    }

    /// How the row of a query that has ended is closed, nil when that cannot be told now.
    ///
    /// A start that is repeated with the same client token gives the same execution again, some seconds later: a row
    /// that is younger than Athena's own time of submission may be such a repetition.
    private func ending(
        of row: OpenQuery,
        _ query: FinishedQuery,
        submitted: Timestamp?,
        _ run: inout Run
    ) -> QueryStore.Closing? {
        guard let submitted, let start = row.key.startTime, start > submitted else { return .finished(query) }
        do {
            let since = submitted - .seconds(2)
            let first = try store.earlierRow(of: row.key, since: since, before: run.deadline)
            return first.map { .repeated(of: $0) } ?? .finished(query)
        } catch {
            run.fail("\(error)", 1)
            return nil
        }
    }

    /// Sends the messages of those that need one, and returns the rows that may be closed.
    private func send(_ endings: [Ending], _ run: inout Run) -> [Ending] {
        let messages = endings.map { $0.closing.message }
        let outcomes = sqs.send(messages.compactMap(\.self), to: queueURL, before: run.deadline)
        var next = outcomes.makeIterator()
        var sent: [Ending] = []
        for (ending, message) in zip(endings, messages) {
            switch message == nil ? .success(()) : next.next() {
            case .success: sent.append(ending)
            case .failure(let error): run.fail("\(error)", 1)
            case nil: break
            }
        }
        run.context.metrics.add("MessagesSent", outcomes.count { (try? $0.get()) != nil })
        return sent
    }

    private func close(_ endings: [Ending], _ run: inout Run) {
        let outcomes = store.close(endings.map { ($0.row.key, $0.closing) }, before: run.deadline)
        for (ending, outcome) in zip(endings, outcomes) {
            switch outcome {
            case .success(.written): run.context.metrics.add(ending.closing.metric)
            case .success(.conditionFailed): run.context.metrics.add("QueriesAlreadyClosed")
            case .failure(let error): run.fail("\(error)", 1)
            }
        }
    }
}

extension QueryStore.Closing {
    /// What the queue is told; nothing of a query that Athena does not know, or that another row stands for.
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
    /// Whether no answer came at all.
    fileprivate var isSilence: Bool {
        switch self {
        case .transport(_, .timedOut), .transport(_, .unreachable): true
        default: false
        }
    }

    /// Whether the service found fault with what was asked, so that asking for less may help.
    fileprivate var isAboutTheRequest: Bool {
        if isTooLongAnswer { return true }
        guard case .refused(let error) = self else { return false }
        return ["InvalidRequestException", "ValidationException", UsageUpdate.accessDenied].contains(error.code)
    }
}

extension Array {
    /// This array in pieces of a length, the last one maybe shorter.
    fileprivate func chunks(of length: Int) -> [[Element]] {
        stride(from: 0, to: count, by: length).map { Array(self[$0..<Swift.min($0 + length, count)]) }
    }
}
