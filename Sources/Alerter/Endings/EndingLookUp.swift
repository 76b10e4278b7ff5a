import AWS
import LambdaEvents
import LambdaRuntime

/// The ended queries that events name, and what becomes of the events: an event whose query has no open row returns to the
/// queue for some seconds, since the query's start may be on its way. After a few times the minute's tick is enough.
struct EndingLookUp {
    /// The first look and three more, after 5, 10 and 20 seconds.
    private static let mostReceives = 4
    private static let firstDelaySeconds: Int64 = 5

    private let endings: [EndingEvents.Ending]
    private let skippedCount: Int
    private var returned: [EndingEvents.Message] = []
    private var doneCount = 0

    /// Takes the events of an account's queries.
    init(_ events: EndingEvents, accountID: String?) {
        endings = events.endings.filter { ending in
            guard let accountID, let owner = ending.accountID else { return true }
            return owner == accountID
        }
        skippedCount = events.skippedCount + events.endings.count - endings.count
    }

    var isEmpty: Bool { endings.isEmpty }

    /// The executions that have ended.
    var executionIDs: Set<String> { Set(endings.map(\.executionID)) }

    /// Decides about each event.
    ///
    /// - Parameter ids: the executions that need no further look.
    mutating func settle(_ ids: Set<String>) {
        doneCount = endings.count { ids.contains($0.executionID) }
        returned = endings.filter { !ids.contains($0.executionID) }.compactMap(\.message)
            .filter { $0.receiveCount < Self.mostReceives }
    }

    /// The messages that return to the queue.
    var returnedMessageIDs: [String] { returned.map(\.id) }

    /// The times after which they come again.
    var delays: [SQS.Delay] {
        returned.compactMap { message in
            message.receiptHandle.map { handle in
                SQS.Delay(receiptHandle: handle, seconds: Self.firstDelaySeconds << max(0, message.receiveCount - 1))
            }
        }
    }

    /// Events = done + returned + dropped + skipped.
    func add(to metrics: Metrics) {
        metrics.add("EndingEvents", endings.count + skippedCount)
        metrics.add("EndingEventsDone", doneCount)
        metrics.add("EndingEventsReturned", returned.count)
        metrics.add("EndingEventsDropped", endings.count - doneCount - returned.count)
        metrics.add("EndingEventsSkipped", skippedCount)
    }
}
