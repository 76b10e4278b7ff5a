import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Partitions
import Time

/// Tells tables of the partitions that S3's notifications show to be new.
///
/// On a schedule it empties the queue of notifications, a hundred messages at a time. Connected to the queue, it gets
/// them from Lambda. A message is done when each of its objects is in a partition that its table knows of, or is
/// deliberately skipped. What is not done comes again; telling a table twice of a partition changes nothing.
final class PartitionRefreshHandler: LambdaHandler {
    /// How many messages are dealt with together.
    private static let messagesAtOnce = 100
    /// What it takes to delete messages and to report.
    private static let reserve = Duration.seconds(3)
    /// What it takes to make another round worth beginning.
    private static let shortestRound = Duration.seconds(4)
    /// For how long messages stay hidden after the work must have ended, in seconds.
    private static let hiddenMargin: Int64 = 30

    private let settings: PartitionRefreshSettings
    private let sqs: SQS
    private let queueURL: String?
    private let catalog: PartitionCatalog
    private var known = KnownPartitions()
    private var isDatabaseKnown = false

    init(settings: PartitionRefreshSettings, sqs: SQS, queueURL: String?, catalog: PartitionCatalog) {
        self.settings = settings
        self.sqs = sqs
        self.queueURL = queueURL
        self.catalog = catalog
    }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let run = Run(context, settings)
        defer { run.tellOfMisfits() }
        let isOfObjects = event["Records"] != nil || event["source"] == "aws.s3"
        guard settings.isEnabled else {
            guard !isOfObjects else {
                throw HandlerError.misconfigured(
                    "partition_refresh.enabled is false; deploy with PARTITION_REFRESH_TRIGGER=schedule, "
                        + "so that messages wait in the queue"
                )
            }
            run.log(.info, "partition_refresh is not enabled")
            return .null
        }
        guard isOfObjects else { return try poll(run) }
        let items = ObjectEvents.items(of: event)
        let reasons = refresh(items.map(\.parts), run)
        var failedMessages: [String] = []
        var failures: [String] = []
        for (item, reason) in zip(items, reasons) {
            guard let reason else { continue }
            guard let id = item.messageID else {
                failures.append(reason)
                continue
            }
            run.returned(id, reason)
            failedMessages.append(id)
        }
        guard failures.isEmpty else { throw HandlerError.incomplete(failures) }
        return QueueBatch.answer(failedMessageIDs: failedMessages)
    }

    /// What one invocation needs on its way.
    private final class Run {
        /// The longest key that S3 takes, in bytes; who writes events by hand may write more.
        ///
        /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
        private static let longestKey = 1024

        let deadline: Deadline
        let log: Log
        let metrics: Metrics
        /// The buckets that nobody knows, each of which is told of once.
        var strangers: Set<String> = []
        /// How many keys of a bucket have another layout, and the first of them.
        var misfits: [String: (count: Int, example: String)] = [:]

        init(_ context: InvocationContext, _ settings: PartitionRefreshSettings) {
            deadline = min(context.deadline, .after(.seconds(settings.timeout))).reserving(
                PartitionRefreshHandler.reserve
            )
            log = settings.logLevel.map(context.log.from) ?? context.log
            // Counts that nobody wants are not written.
            metrics = settings.hasMetrics ? context.metrics : Metrics()
        }

        var remaining: Duration { deadline.remaining }

        /// Tells of keys that no layout fits, a line for each bucket.
        func tellOfMisfits() {
            for (bucket, keys) in misfits.sorted(by: { $0.key < $1.key }) {
                log(
                    .warn,
                    "keys fit no layout of their bucket",
                    .init("bucket", .string(bucket)),
                    .init("count", .integer(Int64(keys.count))),
                    .init(
                        "example",
                        .string(String(decoding: keys.example.utf8.prefix(Self.longestKey), as: UTF8.self))
                    )
                )
            }
        }

        /// Tells why a message has to come again.
        func returned(_ message: String, _ reason: String) {
            log(
                .error,
                "a message has to come again",
                .init("message_id", .string(message)),
                .init("reason", .string(reason))
            )
        }
    }

    /// Empties the queue, round by round, as far as the time goes.
    private func poll(_ run: Run) throws -> JSONValue {
        guard let queueURL else {
            throw HandlerError.misconfigured(
                "PARTITION_REFRESH_QUEUE_URL is not set, nor is partition_refresh.queue_url in the settings"
            )
        }
        var failures: [String] = []
        var isEmpty = false
        repeat {
            var messages: [SQS.Message] = []
            // Receiving may take a part of the time only, so that what was received can be dealt with.
            let end = run.deadline.share(of: 4)
            let hidden = run.remaining.components.seconds + Self.hiddenMargin
            while !isEmpty, messages.count < Self.messagesAtOnce, !end.hasPassed {
                do {
                    let some = try sqs.receive(from: queueURL, hiddenFor: hidden, before: run.deadline)
                    messages += some
                    isEmpty = some.isEmpty
                } catch {
                    failures.append("\(error)")
                    isEmpty = true
                }
            }
            let reasons = refresh(messages.map { ObjectEvents.parts(ofMessage: $0.body) }, run)
            let done = zip(messages, reasons).filter { $1 == nil }.map(\.0)
            let notDeleted = sqs.delete(done, from: queueURL, before: run.deadline.reserving(.zero - Self.reserve / 2))
            run.metrics.add("MessagesDeleted", done.count - notDeleted.count)
            run.metrics.add("MessagesNotDeleted", notDeleted.count)
            for (message, reason) in zip(messages, reasons) {
                if let reason { run.returned(message.id, reason) }
            }
            for failure in reasons.compactMap(\.self) + notDeleted where !failures.contains(failure) {
                failures.append(failure)
            }
        } while !isEmpty && run.remaining > Self.shortestRound
        if !isEmpty { run.log(.warn, "time ran out; the remaining messages wait for the next round") }
        guard failures.isEmpty else { throw HandlerError.incomplete(failures) }
        return .null
    }

    /// Deals with messages, and says of each why it has to come again, nil when it has not.
    private func refresh(_ messages: [[EventPart]], _ run: Run) -> [String?] {
        run.metrics.add("Messages", messages.count)
        var reasons = [String?](repeating: nil, count: messages.count)
        var partitions: [Partition] = []
        var places: [String: Int] = [:]
        var users: [[Int]] = []
        for (message, parts) in messages.enumerated() {
            for part in parts {
                run.metrics.add("Objects")
                switch news(of: part) {
                case .none(let metric): run.metrics.add(metric)
                case .strangeBucket(let bucket):
                    run.metrics.add("ObjectsSkippedUnknownBucket")
                    guard run.strangers.insert(bucket).inserted else { continue }
                    run.log(.error, "a bucket is not in partition_refresh.buckets", .init("bucket", .string(bucket)))
                case .otherLayout(let object):
                    run.metrics.add("ObjectsSkippedOtherLayout")
                    run.misfits[object.bucket, default: (0, object.key)].count += 1
                case .unreadable(let reason):
                    run.metrics.add("ObjectsUnreadable")
                    reasons[message] = reasons[message] ?? "\(HandlerError.unknownEvent(reason))"
                case .partition(let partition):
                    run.metrics.add("ObjectsInNewPartitions")
                    let place = places[partition.name] ?? partitions.count
                    if place == partitions.count {
                        places[partition.name] = place
                        partitions.append(partition)
                        users.append([])
                    }
                    users[place].append(message)
                }
            }
        }
        for (place, outcome) in tell(partitions, run).enumerated() {
            run.metrics.add(outcome.metric)
            if case .failed(let reason) = outcome {
                for message in users[place] { reasons[message] = reasons[message] ?? reason }
                continue
            }
            known.insert(partitions[place].name)
            guard outcome == .skippedOutsideTable else { continue }
            let location = JSONValue.string(partitions[place].location)
            run.log(.warn, "a partition is outside of its table", .init("location", location))
        }
        run.metrics.add("MessagesReturned", reasons.count { $0 != nil })
        return reasons
    }

    private func tell(_ partitions: [Partition], _ run: Run) -> [PartitionCatalog.Outcome] {
        guard !partitions.isEmpty else { return [] }
        run.metrics.add("Partitions", partitions.count)
        if !isDatabaseKnown {
            do throws(AWSError) {
                isDatabaseKnown = try catalog.glue.hasDatabase(catalog.database, before: run.deadline)
            } catch {
                return partitions.map { _ in .failed("\(error)") }
            }
            let reason = "the database '\(catalog.database)' does not exist"
            guard isDatabaseKnown else { return partitions.map { _ in .failed(reason) } }
        }
        let outcomes = catalog.tell(partitions, before: run.deadline)
        for (partition, outcome) in zip(partitions, outcomes) {
            run.log(
                .debug,
                "a partition",
                .init("table", .string(partition.table)),
                .init("location", .string(partition.location)),
                .init("outcome", .string("\(outcome)"))
            )
        }
        return outcomes
    }

    /// What a part of a message means.
    private enum News {
        /// There is nothing to do; the name of the count that it goes into.
        case none(String)
        /// Nobody has said what comes to that bucket.
        case strangeBucket(String)
        /// Its key tells no partition.
        case otherLayout(CreatedObject)
        case unreadable(String)
        case partition(Partition)
    }

    private func news(of part: EventPart) -> News {
        let object: CreatedObject
        switch part {
        case .unknown(let reason): return .unreadable(reason)
        case .skipped(let reason): return .none("ObjectsSkipped\(reason.rawValue)")
        case .created(let file): object = file
        }
        guard let bucket = settings.buckets[object.bucket] else { return .strangeBucket(object.bucket) }
        guard !object.isHidden else { return .none("ObjectsSkippedHidden") }
        let layouts = settings.layouts(of: bucket)
        let match = PartitionLayout.match(object.key, in: layouts, tellsTable: bucket.table == nil)
        guard let table = bucket.table ?? match?.table, let folder = match?.folder ?? repaired(object) else {
            return .otherLayout(object)
        }
        let location = "s3://\(object.bucket)/\(folder)"
        let partition = Partition(table: table, values: match?.values ?? [], location: location)
        return known.contains(partition.name) ? .none("ObjectsInKnownPartitions") : .partition(partition)
    }

    /// The folder of an object that Athena may find by itself, whatever its layout.
    private func repaired(_ object: CreatedObject) -> String? {
        guard catalog.mode == .repair else { return nil }
        return object.key.lastIndex(of: "/").map { String(object.key[...$0]) } ?? ""
    }
}

extension Partition {
    /// What tells it from all others.
    fileprivate var name: String { "\(table) \(location)" }
}

extension CreatedObject {
    /// Whether Athena passes it over: a folder's marker, or something whose name or folder begins with `_` or `.`.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    fileprivate var isHidden: Bool {
        key.hasSuffix("/") || key.hasSuffix("_$folder$")
            || key.utf8.split(separator: UInt8(ascii: "/")).contains {
                $0.first == UInt8(ascii: "_") || $0.first == UInt8(ascii: ".")
            }
    }
}
