import AWS
import Alerting
import JSON
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

extension QueriesTable: OpenQueries {}
extension Athena: Executions {}
extension SQS: FinishedQueries {}

/// Asks Athena once a minute about the open queries, sends a message for each that has ended, and closes its row.
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

    /// The schedule's event says nothing that the handler needs.
    let ignoresEvent = true

    private let services: UsageUpdateInvocation.Services
    /// The position that the last invocation reached. Lost with the process; the next one begins with the oldest query.
    private var walk = OpenQueryWalk()

    init(_ services: UsageUpdateInvocation.Services) {
        self.services = services
    }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let deadline = context.deadline(reserving: Self.reserve)
        var invocation = UsageUpdateInvocation(
            context: context,
            deadline: deadline,
            services: services
        )
        walk.begin()
        do throws(AWSError) {
            repeat {
                let page = try services.table.openQueries(from: walk.start, before: deadline)
                context.metrics.add("OpenQueries", page.queries.count)
                let count = invocation.update(page.queries, batchCount: Athena.maximumBatchCount)
                walk.pass(page.queries, count, next: page.next)
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
        try report(&invocation)
        return .null
    }

    /// Reports the age of the oldest query, and fails the invocation when one of its parts failed.
    private func report(_ invocation: inout UsageUpdateInvocation) throws(HandlerError) {
        if walk.isOver || walk.oldest != nil {
            invocation.context.metrics.add("OldestOpenQueryMinutes", walk.oldest?.ageMinutes ?? 0)
        }
        if !walk.isOver, invocation.failures.isEmpty {
            invocation.context.log(.warn, "time ran out; the remaining open queries wait for the next minute")
        }
        if let denial = invocation.denial, !invocation.hasAnyAnswer { invocation.failures.append(denial) }
        guard invocation.failures.isEmpty else { throw .incomplete(invocation.failures) }
    }
}
