import AWS
import JSON
import LambdaRuntime
import Partitions
import Settings
import Testing
import Time

@testable import PartitionRefresh

/// The story of `partition_refresh` over fakes: one bucket `b` with the data of the table `t`, partitioned by `dt`.
@Suite struct PartitionRefreshHandlerTests {
    /// The queue in memory. Deleted messages are gone; others stay for the next receive.
    private final class FakeQueue: NotificationQueue {
        var messages: [SQS.Message] = []
        private(set) var deleted: [String] = []
        var failure: AWSError?
        /// The reason for which nothing is deleted.
        var refusal: String?

        func receive(
            from queueURL: String,
            upTo count: Int,
            hiddenFor hidden: Int64,
            before deadline: Deadline
        ) throws(AWSError) -> [SQS.Message] {
            if let failure { throw failure }
            defer { messages.removeFirst(min(count, messages.count)) }
            return Array(messages.prefix(count))
        }

        func delete(_ messages: [SQS.Message], from queueURL: String, before deadline: Deadline) -> [String] {
            if let refusal { return messages.map { _ in refusal } }
            deleted += messages.map(\.id)
            return []
        }
    }

    /// The tables in memory.
    private final class FakeTables: PartitionTables {
        let mode = PartitionRefreshSettings.Mode.glue
        let database = "db"
        var hasDatabase = true
        var failing: Set<String> = []
        private(set) var registered: [String] = []
        private(set) var databaseLooks = 0

        func hasDatabase(before deadline: Deadline) throws(AWSError) -> Bool {
            databaseLooks += 1
            return hasDatabase
        }

        func register(_ partitions: [Partition], before deadline: Deadline) -> [PartitionCatalog.Outcome] {
            partitions.map { partition in
                guard !failing.contains(partition.location) else { return .failed("no") }
                registered.append(partition.location)
                return .created
            }
        }
    }

    private let queue = FakeQueue()
    private let tables = FakeTables()
    private let metrics = Metrics()

    private func handler(enabled: Bool = true) throws -> PartitionRefreshHandler {
        var settings = PartitionRefreshSettings()
        settings.isEnabled = enabled
        settings.hasMetrics = true
        settings.buckets = ["b": .init(table: "t", layouts: [try PartitionLayout("dt={}")])]
        return PartitionRefreshHandler(settings: settings, sqs: queue, queueURL: "q", catalog: tables)
    }

    private var context: InvocationContext {
        InvocationContext(
            requestID: "r",
            functionARN: "",
            deadline: .after(.seconds(60)),
            log: Log(level: .error) { _ in },
            metrics: metrics
        )
    }

    private func record(_ key: String, bucket: String = "b") -> JSONValue {
        [
            "eventName": "ObjectCreated:Put",
            "s3": ["bucket": ["name": .string(bucket)], "object": ["key": .string(key), "size": 1]],
        ]
    }

    private func message(_ id: String, _ key: String) -> SQS.Message {
        let body: JSONValue = ["Records": [record(key)]]
        return SQS.Message(id: id, body: body.serialized(), receiptHandle: id)
    }

    private func queued(_ id: String, _ key: String) -> JSONValue {
        let body: JSONValue = ["Records": [record(key)]]
        return ["messageId": .string(id), "eventSource": "aws:sqs", "body": .string(body.serialized())]
    }

    @Test func aTickEmptiesTheQueueAndRegistersEachPartitionOnce() throws {
        queue.messages = [message("1", "dt=1/a"), message("2", "dt=1/b"), message("3", "dt=2/a")]
        let handler = try handler()
        #expect(try handler.handle([:], context) == .null)
        #expect(tables.registered == ["s3://b/dt=1/", "s3://b/dt=2/"] && queue.deleted == ["1", "2", "3"])
        queue.messages = [message("4", "dt=1/c")]
        _ = try handler.handle([:], context)
        #expect(tables.registered.count == 2 && tables.databaseLooks == 1)
        #expect(metrics["ObjectsInKnownPartitions"] == 1)
    }

    @Test func aPartitionThatFailsKeepsItsMessagesAndNoOthers() throws {
        tables.failing = ["s3://b/dt=1/"]
        queue.messages = [message("1", "dt=1/a"), message("2", "dt=2/a")]
        #expect(throws: HandlerError.self) { try handler().handle([:], context) }
        #expect(queue.deleted == ["2"] && metrics["MessagesReturned"] == 1)
    }

    @Test func anEventFromTheQueueReturnsOnlyTheMessagesThatFailed() throws {
        tables.failing = ["s3://b/dt=1/"]
        let event: JSONValue = ["Records": [queued("1", "dt=1/a"), queued("2", "dt=2/a")]]
        let handler = try handler()
        #expect(try handler.handle(event, context) == ["batchItemFailures": [["itemIdentifier": "1"]]])
        tables.failing = []
        let returned: JSONValue = ["Records": [queued("1", "dt=1/a")]]
        #expect(try handler.handle(returned, context) == ["batchItemFailures": []])
        #expect(tables.registered == ["s3://b/dt=2/", "s3://b/dt=1/"])
    }

    @Test func aMessageThatIsNotDeletedFailsTheInvocation() throws {
        queue.refusal = "sqs:DeleteMessageBatch was refused: no"
        queue.messages = [message("1", "dt=1/a"), message("2", "dt=2/a")]
        let error = #expect(throws: HandlerError.self) { try handler().handle([:], context) }
        #expect(error?.description == queue.refusal && metrics["MessagesNotDeleted"] == 2)
        #expect(tables.registered.count == 2)
    }

    @Test func aMissingDatabaseFailsEveryMessage() throws {
        tables.hasDatabase = false
        queue.messages = [message("1", "dt=1/a")]
        let error = #expect(throws: HandlerError.self) { try handler().handle([:], context) }
        #expect(error?.description == "the database 'db' does not exist")
        #expect(queue.deleted.isEmpty)
    }

    @Test func objectsOutsideTheSettingsAreSkippedAndCounted() throws {
        let event: JSONValue = ["Records": [record("dt=1/a", bucket: "other"), record("x/a"), record("dt=1/_tmp")]]
        _ = try handler().handle(event, context)
        #expect(tables.registered.isEmpty && metrics["ObjectsSkippedUnknownBucket"] == 1)
        #expect(metrics["ObjectsSkippedOtherLayout"] == 1 && metrics["ObjectsSkippedHidden"] == 1)
    }

    @Test func aQueueThatCannotBeReadFailsTheInvocation() throws {
        queue.failure = .unreadable(call: "sqs:ReceiveMessage", reason: "no")
        let error = #expect(throws: HandlerError.self) { try handler().handle([:], context) }
        #expect(error?.description == "sqs:ReceiveMessage answered what cannot be read: no")
        #expect(queue.deleted.isEmpty && tables.registered.isEmpty)
    }

    @Test func aHandlerThatIsOffReadsNothingAndTakesNoMessages() throws {
        queue.messages = [message("1", "dt=1/a")]
        #expect(try handler(enabled: false).handle([:], context) == .null)
        #expect(queue.messages.count == 1)
        #expect(throws: HandlerError.self) {
            try handler(enabled: false).handle(["Records": [record("dt=1/a")]], context)
        }
    }
}
