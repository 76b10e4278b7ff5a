import AWS
import CloudTrail
import HTTP
import JSON
import LambdaEvents
import LambdaRuntime
import Time

/// The source of log files, as the handler needs it.
protocol LogFiles {
    func getObject(
        bucket: String,
        key: String,
        into sink: any ResponseSink,
        before deadline: Deadline
    ) throws(AWSError)
}

/// The rows of started queries and the notes of stopped ones, as the handler needs them.
protocol StartRows {
    func note(_ stops: [QueryStop], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>]
    func insert(_ starts: [QueryStart], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>]
}

extension S3: LogFiles {}

extension QueriesTable: StartRows {
    func insert(_ starts: [QueryStart], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        insert(starts, now: .now, before: deadline)
    }

    func note(_ stops: [QueryStop], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        note(stops, now: .now, before: deadline)
    }
}

/// Stores the queries that were started, and who stopped some, as the log files of an event tell, or the event itself.
///
/// A file is done when each of its query starts and stops is stored, was stored before, or is deliberately skipped. A file that
/// is not done fails its message of the queue, or else the whole event, and Lambda delivers that again.
///
/// EventBridge announces the same records within seconds, but may leave some out or cut them. The row of an announced
/// start is the one that the log file would make, so whichever comes later stores nothing.
struct CloudTrailHandler: LambdaHandler {
    /// The time that it takes to report.
    private static let reserve = Duration.seconds(2)

    let s3: any LogFiles
    let table: any StartRows

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        var failedMessages: [String] = []
        var failures: [String] = []
        for item in ObjectEvents.items(of: event) {
            // An alarm rings when no notices of files come, however many calls are announced.
            context.metrics.add("FileNotices", item.parts.count { !$0.isCall })
            let reasons = item.parts.compactMap { handle($0.ofLogFiles(of: context.accountID), context) }
            if let id = item.messageID {
                if !reasons.isEmpty { failedMessages.append(id) }
            } else {
                failures += reasons
            }
        }
        guard failures.isEmpty else { throw HandlerError.incomplete(failures) }
        return QueueBatch.answer(failedMessageIDs: failedMessages)
    }

    /// Handles one part, and returns the reason for its failure, nil when it succeeded. A failure does not stop the next part.
    private func handle(_ part: EventPart, _ context: InvocationContext) -> String? {
        switch part {
        case .call(let event):
            context.metrics.add("CallNotices")
            return take(event, context)
        case .created(let file):
            return read(file, context)
        case .skipped(let reason):
            context.metrics.add("FilesSkipped\(reason.rawValue)")
            return nil
        case .otherEvent(let name):
            context.metrics.add("FilesSkippedOtherEvent")
            context.log(.warn, "an event of an unknown name is skipped", .init("event", .string(name)))
            return nil
        case .unknown(let reason):
            let error = HandlerError.unknownEvent(reason)
            context.metrics.add("FilesFailed")
            context.log(.error, "\(error)")
            return "\(error)"
        }
    }

    /// Stores the start or stop in an announced call. What cannot be read is no failure: the log file has the whole record.
    private func take(_ event: JSONValue, _ context: InvocationContext) -> String? {
        let deadline = context.deadline(reserving: Self.reserve)
        let sink = sink(for: context, before: deadline)
        var text = event.serialized()
        _ = text.withUTF8 { sink.receive(UnsafeRawBufferPointer($0)) }
        let failure = sink.finish()
        sink.tally.add(to: context.metrics)
        let isStored = sink.tally.notStored == 0
        if let failure {
            let text = "an announced call \(isStored ? "is left to its log file" : "could not be stored")"
            context.log(isStored ? .warn : .error, text, .init("reason", .string(failure)))
        }
        return isStored ? nil : failure
    }

    private func sink(for context: InvocationContext, before deadline: Deadline) -> LogFileSink {
        LogFileSink(accountID: context.accountID) { [table] in
            table.insert($0, before: deadline)
        } noteStops: { [table] in
            table.note($0, before: deadline)
        }
    }

    private func read(_ file: CreatedObject, _ context: InvocationContext) -> String? {
        let deadline = context.deadline(reserving: Self.reserve)
        let sink = sink(for: context, before: deadline)
        var failure: String?
        do throws(AWSError) {
            try s3.getObject(bucket: file.bucket, key: file.key, into: sink, before: deadline)
            failure = sink.finish()
        } catch {
            // When the sink declined the rest, its reason tells more than the error of the transfer.
            failure = sink.failure ?? "\(error)"
            sink.abandon()
        }
        sink.tally.add(to: context.metrics)
        let malformed = sink.tally.records.malformed
        if malformed > 0 {
            let place = "s3://\(file.bucket)/\(file.key)"
            context.log(.warn, "\(malformed) records cannot be read", .init("file", .string(place)))
        }
        guard let failure else {
            switch sink.tally.contents {
            case .log: context.metrics.add("FilesRead")
            case .digest: context.metrics.add("FilesSkippedDigest")
            case .insights: context.metrics.add("FilesSkippedInsights")
            }
            return nil
        }
        context.metrics.add("FilesFailed")
        let text = "s3://\(file.bucket)/\(file.key): \(failure)"
        context.log(.error, "a log file could not be read", JSONValue.Member("reason", .string(text)))
        return text
    }
}
