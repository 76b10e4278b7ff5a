import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Partitions
import Time

/// One invocation of `partition_refresh`: the objects of its messages, and what becomes of their partitions.
final class PartitionRefreshInvocation {
    /// The messages that are processed together.
    private static let messagesAtOnce = 100
    /// The messages that SQS returns for one request, at most.
    private static let messagesPerRequest = 10
    /// The time that it takes to delete messages and to report.
    private static let reserve = Duration.seconds(3)
    /// A round that has less time is not begun.
    private static let shortestRound = Duration.seconds(4)
    /// The part of the visibility timeout that follows the deadline, in seconds.
    private static let hiddenMargin: Int64 = 30
    /// The longest key that S3 takes, in bytes. An event that is written by hand may have a longer one.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    private static let longestKey = 1024

    let log: Log
    private let metrics: Metrics
    private let deadline: Deadline
    private let settings: PartitionRefreshSettings
    private let catalog: any PartitionTables
    private let cache: RegistrationCache
    /// The buckets that are not in the settings, each of which is reported once.
    private var unknownBuckets: Set<String> = []
    /// The number of a bucket's keys that fit no layout, and the first of them.
    private var otherLayouts: [String: (count: Int, example: String)] = [:]

    init(
        context: InvocationContext,
        settings: PartitionRefreshSettings,
        catalog: any PartitionTables,
        cache: RegistrationCache
    ) {
        self.settings = settings
        self.catalog = catalog
        self.cache = cache
        deadline = min(context.deadline, .after(.seconds(settings.timeout))).reserving(Self.reserve)
        log = settings.logLevel.map(context.log.from) ?? context.log
        // Without the setting, no metrics are written.
        metrics = settings.hasMetrics ? context.metrics : Metrics()
    }

    /// Processes the items of an event.
    ///
    /// - Returns: the answer that returns failed messages to their queue.
    func process(_ items: [EventItem]) throws(HandlerError) -> JSONValue {
        var returnedMessages: [String] = []
        var failures: [String] = []
        for (item, reason) in zip(items, refresh(items.map(\.parts))) {
            guard let reason else { continue }
            guard let id = item.messageID else {
                failures.append(reason)
                continue
            }
            reportReturned(id, reason)
            returnedMessages.append(id)
        }
        guard failures.isEmpty else { throw .incomplete(failures) }
        return QueueBatch.answer(failedMessageIDs: returnedMessages)
    }

    /// Empties the queue, round by round, as far as the time goes.
    func empty(_ queue: any NotificationQueue, at queueURL: String) throws(HandlerError) {
        var failures: [String] = []
        var isEmpty = false
        repeat {
            let messages = receive(from: queue, at: queueURL, &isEmpty, &failures)
            let reasons = refresh(messages.map { ObjectEvents.parts(ofMessage: $0.body) })
            let done = zip(messages, reasons).filter { $1 == nil }.map(\.0)
            let notDeleted = queue.delete(done, from: queueURL, before: deadline.reserving(.zero - Self.reserve / 2))
            metrics.add("MessagesDeleted", done.count - notDeleted.count)
            metrics.add("MessagesNotDeleted", notDeleted.count)
            for (message, reason) in zip(messages, reasons) {
                if let reason { reportReturned(message.id, reason) }
            }
            for failure in reasons.compactMap(\.self) + notDeleted where !failures.contains(failure) {
                failures.append(failure)
            }
        } while !isEmpty && deadline.allows(Self.shortestRound)
        if !isEmpty { log(.warn, "time ran out; the remaining messages wait for the next round") }
        guard failures.isEmpty else { throw .incomplete(failures) }
    }

    /// Receives the messages of one round. Receiving takes a part of the time only, so that the messages can be processed.
    private func receive(
        from queue: any NotificationQueue,
        at queueURL: String,
        _ isEmpty: inout Bool,
        _ failures: inout [String]
    ) -> [SQS.Message] {
        var messages: [SQS.Message] = []
        let end = deadline.share(of: 4)
        let hidden = deadline.remaining.components.seconds + Self.hiddenMargin
        while !isEmpty, messages.count < Self.messagesAtOnce, !end.hasPassed {
            do {
                let some = try queue.receive(
                    from: queueURL,
                    upTo: Self.messagesPerRequest,
                    hiddenFor: hidden,
                    before: deadline
                )
                messages += some
                isEmpty = some.isEmpty
            } catch {
                failures.append("\(error)")
                isEmpty = true
            }
        }
        return messages
    }

    /// Registers the new partitions of some messages' objects.
    ///
    /// - Returns: for each message the reason for which it must return to the queue, nil when it is done.
    private func refresh(_ messages: [[EventPart]]) -> [String?] {
        metrics.add("Messages", messages.count)
        var reasons = [String?](repeating: nil, count: messages.count)
        var new = NewPartitions()
        for (message, parts) in messages.enumerated() {
            for part in parts {
                metrics.add("Objects")
                switch meaning(of: part) {
                case .skipped(let metric): metrics.add(metric)
                case .unknownBucket(let bucket): report(unknownBucket: bucket)
                case .otherLayout(let object):
                    metrics.add("ObjectsSkippedOtherLayout")
                    otherLayouts[object.bucket, default: (0, object.key)].count += 1
                case .unreadable(let reason):
                    metrics.add("ObjectsUnreadable")
                    reasons[message] = reasons[message] ?? "\(HandlerError.unknownEvent(reason))"
                case .new(let partition):
                    metrics.add("ObjectsInNewPartitions")
                    new.add(partition, of: message)
                }
            }
        }
        for (entry, outcome) in zip(new.entries, register(new.entries.map(\.partition))) {
            metrics.add(outcome.metric)
            if case .failed(let reason) = outcome {
                for message in entry.messages { reasons[message] = reasons[message] ?? reason }
                continue
            }
            cache.partitions.insert(entry.partition.name)
            guard outcome == .skippedOutsideTable else { continue }
            let location = JSONValue.string(entry.partition.location)
            log(.warn, "a partition is outside of its table", .init("location", location))
        }
        metrics.add("MessagesReturned", reasons.count { $0 != nil })
        return reasons
    }

    private func meaning(of part: EventPart) -> ObjectMeaning {
        let meaning = ObjectMeaning(of: part, settings: settings, mode: catalog.mode)
        guard case .new(let partition) = meaning, cache.partitions.contains(partition.name) else { return meaning }
        return .skipped(metric: "ObjectsInKnownPartitions")
    }

    private func register(_ partitions: [Partition]) -> [PartitionCatalog.Outcome] {
        guard !partitions.isEmpty else { return [] }
        metrics.add("Partitions", partitions.count)
        if !cache.hasDatabase {
            do throws(AWSError) {
                cache.hasDatabase = try catalog.hasDatabase(before: deadline)
            } catch {
                return partitions.map { _ in .failed("\(error)") }
            }
            let reason = "the database '\(catalog.database)' does not exist"
            guard cache.hasDatabase else { return partitions.map { _ in .failed(reason) } }
        }
        let outcomes = catalog.register(partitions, before: deadline)
        for (partition, outcome) in zip(partitions, outcomes) {
            log(
                .debug,
                "a partition",
                .init("table", .string(partition.table)),
                .init("location", .string(partition.location)),
                .init("outcome", .string("\(outcome)"))
            )
        }
        return outcomes
    }
}

// MARK: - Reports

extension PartitionRefreshInvocation {
    /// Reports the keys that fit no layout, a line for each bucket.
    func reportOtherLayouts() {
        for (bucket, keys) in otherLayouts.sorted(by: { $0.key < $1.key }) {
            let example = String(decoding: keys.example.utf8.prefix(Self.longestKey), as: UTF8.self)
            log(
                .warn,
                "keys fit no layout of their bucket",
                .init("bucket", .string(bucket)),
                .init("count", .integer(Int64(keys.count))),
                .init("example", .string(example))
            )
        }
    }

    private func report(unknownBucket bucket: String) {
        metrics.add("ObjectsSkippedUnknownBucket")
        guard unknownBuckets.insert(bucket).inserted else { return }
        log(.error, "a bucket is not in partition_refresh.buckets", .init("bucket", .string(bucket)))
    }

    private func reportReturned(_ message: String, _ reason: String) {
        log(
            .error,
            "a message returns to the queue",
            .init("message_id", .string(message)),
            .init("reason", .string(reason))
        )
    }
}

/// The new partitions of some messages, each once, with the messages that need it.
private struct NewPartitions {
    private(set) var entries: [(partition: Partition, messages: [Int])] = []
    private var positions: [String: Int] = [:]

    mutating func add(_ partition: Partition, of message: Int) {
        if let position = positions[partition.name] {
            entries[position].messages.append(message)
        } else {
            positions[partition.name] = entries.count
            entries.append((partition, [message]))
        }
    }
}
