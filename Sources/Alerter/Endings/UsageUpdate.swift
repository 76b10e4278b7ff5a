import AWS
import Alerting
import JSON
import LambdaEvents
import LambdaRuntime
import Time

/// The rows of open queries, as the handler needs them.
protocol OpenQueries {
    func openQueries(from start: Item?, before deadline: Deadline) throws(AWSError) -> (
        queries: [OpenQuery], next: Item?
    )
    func earlierRow(of key: QueryKey, since time: Timestamp, before deadline: Deadline) throws(AWSError) -> String?
    func close(
        _ closings: [(key: QueryKey, closing: RowClosing)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>]
    func stoppers(of executionIDs: Set<String>, before deadline: Deadline) throws(AWSError) -> [String: String]
    func markStopped(
        _ key: QueryKey,
        at bound: String?,
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.WriteOutcome
    func stopBounds(of keys: [QueryKey], before deadline: Deadline) throws(AWSError) -> [QueryKey: String]
    func markWarned(
        _ warnings: [(key: QueryKey, targets: Set<AlertTarget>)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>]
}

/// The source of executions, as the handler needs it.
protocol Executions {
    func batchGetQueryExecution(
        _ batches: [Athena.Batch],
        before deadline: Deadline
    ) -> [Result<Athena.Answer, AWSError>]
}

/// The queue of finished queries, as the handler needs it.
protocol FinishedQueries {
    func send(_ messages: [String], to queueURL: String, before deadline: Deadline) -> [Result<Void, AWSError>]
}

/// The way to stop an execution, as the handler needs it.
protocol ExecutionStopper {
    func stop(_ id: String, in region: String?, before deadline: Deadline) throws(AWSError)
}

/// The queue of Athena's events, as the handler needs it.
protocol EventQueue {
    func delay(_ delays: [SQS.Delay], in queueURL: String, before deadline: Deadline) -> [Result<Void, AWSError>]
}

extension QueriesTable: OpenQueries {}
extension Athena: Executions, ExecutionStopper {}
extension SQS: FinishedQueries, EventQueue {}

/// Asks Athena once a minute about the open queries, sends a message for each that has ended, and closes its row. When
/// events tell within seconds that some have ended, it does the same for those.
///
/// The message goes out before the row is closed. When the process dies between the two, the message is sent again, and
/// the execution id tells its reader. The other order would lose the message.
///
/// An invocation that runs out of time is continued by the next one at the same row, so no query starves in a backlog.
final class UsageUpdate: LambdaHandler {
    /// The time that it takes to finish the page at hand and to report.
    private static let reserve = Duration.seconds(3)

    /// Batches that Athena refused are asked for again in batches of this size, and then one by one.
    private static let smallBatchCount = 7

    private let services: UsageUpdateInvocation.Services
    /// The position that the last invocation reached. Lost with the process; the next one begins with the oldest query.
    private var walk = OpenQueryWalk()

    init(_ services: UsageUpdateInvocation.Services) {
        self.services = services
    }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        var invocation = UsageUpdateInvocation(
            context: context,
            deadline: context.deadline(reserving: Self.reserve),
            services: services
        )
        if let events = EndingEvents(event) { return try handle(events, &invocation) }
        context.metrics.add("Ticks")
        update(&invocation, along: &walk) { _ in true }
        if walk.isOver || walk.oldest != nil {
            context.metrics.add("OldestOpenQueryMinutes", walk.oldest?.ageMinutes ?? 0)
        }
        if !walk.isOver, invocation.failures.isEmpty {
            context.log(.warn, "time ran out; the remaining open queries wait for the next minute")
        }
        try invocation.finish()
        return .null
    }

    /// Updates the queries of which events say that they have ended. The others wait for the minute's tick, so that events
    /// ask Athena for no query twice.
    private func handle(_ events: EndingEvents, _ invocation: inout UsageUpdateInvocation) throws -> JSONValue {
        var lookUp = EndingLookUp(events, accountID: invocation.context.accountID)
        if !lookUp.isEmpty {
            // A walk of its own: the minute's tick continues where that ran out of time.
            var walk = OpenQueryWalk()
            update(&invocation, along: &walk) { lookUp.executionIDs.contains($0.key.executionID) }
            try invocation.finish()
        }
        lookUp.settle(invocation.settledIDs)
        lookUp.add(to: invocation.context.metrics)
        if let events = services.events {
            let outcomes = events.queue.delay(lookUp.delays, in: events.url, before: invocation.deadline)
            for case .failure(let error) in outcomes {
                // The queue's own visibility timeout takes longer.
                invocation.context.log(.warn, "events of ended queries come again late: \(error)")
            }
        }
        return QueueBatch.answer(failedMessageIDs: lookUp.returnedMessageIDs)
    }

    /// Reads the open rows, and updates the queries that are wanted.
    private func update(
        _ invocation: inout UsageUpdateInvocation,
        along walk: inout OpenQueryWalk,
        where isWanted: (OpenQuery) -> Bool
    ) {
        walk.begin()
        do throws(AWSError) {
            repeat {
                let page = try services.table.openQueries(from: walk.start, before: invocation.deadline)
                let wanted = page.queries.filter(isWanted)
                invocation.context.metrics.add("OpenQueries", wanted.count)
                let count = invocation.update(wanted, batchCount: Athena.maximumBatchCount)
                let isWhole = count == wanted.count
                walk.pass(page.queries, isWhole ? page.queries.count : count, next: page.next)
            } while !walk.isOver && invocation.hasTimeForMore
        } catch  where error.isSilence && !invocation.isFirstPiece {
            // There was no time for another page. The next invocation begins with it.
        } catch {
            // The pages before are still processed. The next invocation must not begin at a page that cannot be read.
            walk = OpenQueryWalk()
            invocation.failures.append("\(error)")
        }
        // Last, so that the queries which Athena refuses delay no other.
        for batchCount in [Self.smallBatchCount, 1] {
            _ = invocation.update(invocation.takeRefused(), batchCount: batchCount)
        }
    }
}
