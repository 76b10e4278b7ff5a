import HTTP
import JSON

/// An object that an event says was created.
struct LogFile: Equatable {
    let bucket: String
    /// The object's key, decoded.
    let key: String
    /// Whether there is nothing in it.
    var isEmpty = false

    /// Whether the key is one under which CloudTrail keeps logs of management events, and not its digests, insights or
    /// the logs of another service in the same bucket.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
    var isLog: Bool {
        let segments = key.split(separator: "/")
        if segments.contains("AWSLogs") { return segments.contains("CloudTrail") }
        return !segments.contains { $0.hasPrefix("CloudTrail-") }
    }
}

/// What a part of an event asks for.
enum EventPart: Equatable {
    case file(LogFile)
    case skipped(SkipReason)
    /// It cannot be told, and why.
    case unknown(String)

    /// Why there is nothing to do.
    enum SkipReason: String {
        /// S3 and CloudTrail try out a notification when it is set up.
        case testMessage = "TestMessage"
        /// Something happened to an object that does not make it new.
        case notCreated = "NotCreated"
        /// A folder, an empty object, a digest, an insight, or another service's log.
        case notALogFile = "NotALogFile"
        /// It tells of something else than of objects.
        case notOfS3 = "NotOfS3"
    }

    /// This part to one who looks for CloudTrail's logs.
    fileprivate var ofLogFiles: EventPart {
        switch self {
        case .file(let file) where !file.isLog || file.key.hasSuffix("/") || file.isEmpty: .skipped(.notALogFile)
        case .file(let file): .file(LogFile(bucket: file.bucket, key: file.key))
        case .skipped(.notOfS3): .unknown("a record is neither of S3, nor SNS, nor SQS")
        case .skipped, .unknown: self
        }
    }
}

/// A piece of an event that succeeds or fails as one.
struct EventItem {
    /// The id of the queue's message to give back when the item fails; nil outside of a queue.
    let messageID: String?
    /// What the item asks for.
    let parts: [EventPart]
}

/// Finds the new objects in each wrapping in which S3 and CloudTrail tell of them.
enum S3EventSources {
    private static let deepestWrapping = 4
    private static let cloudTrailValidation = "CloudTrail validation message."

    /// Takes an event of CloudTrail's log files apart.
    static func items(of event: [UInt8]) -> [EventItem] {
        objects(of: event).map { EventItem(messageID: $0.messageID, parts: $0.parts.map(\.ofLogFiles)) }
    }

    /// What the message of a queue tells of objects of any kind.
    static func objects(ofMessage body: String) -> [EventPart] { parts(ofText: Array(body.utf8), depth: 1) }

    /// Takes an event apart. What cannot be read is a part of its own, so that it harms no other.
    static func objects(of event: [UInt8]) -> [EventItem] {
        guard let document = try? JSONValue(parsing: event), let records = document["Records"]?.array,
            records.contains(where: { $0["body"] != nil || $0["eventSource"] == "aws:sqs" })
        else { return [EventItem(messageID: nil, parts: parts(ofText: event, depth: 0))] }
        return records.map { record in
            let body = record["body"]?.string.map { objects(ofMessage: $0) }
            return EventItem(
                messageID: record["messageId"]?.string,
                parts: body ?? [.unknown("a message's body is missing or no text")]
            )
        }
    }

    private static func parts(ofText text: [UInt8], depth: Int) -> [EventPart] {
        if text.starts(with: cloudTrailValidation.utf8) { return [.skipped(.testMessage)] }
        do throws(JSONError) {
            return parts(of: try JSONValue(parsing: text), depth: depth)
        } catch {
            return [.unknown("\(error)")]
        }
    }

    private static func parts(of document: JSONValue, depth: Int) -> [EventPart] {
        guard depth < deepestWrapping else { return [.unknown("too many wrappings")] }
        if document["Event"] == "s3:TestEvent" { return [.skipped(.testMessage)] }
        if let records = document["Records"]?.array { return records.flatMap { parts(ofRecord: $0, depth: depth) } }
        if let bucket = document["s3Bucket"]?.string, let keys = document["s3ObjectKey"]?.array {
            return keys.map { key in
                guard let key = key.string else { return .unknown("s3ObjectKey is not an array of strings") }
                return part(bucket: bucket, key: key, size: nil)
            }
        }
        if document["source"] == "aws.s3", let kind = document["detail-type"] {
            guard kind == "Object Created" else { return [.skipped(.notCreated)] }
            // Keys come as they are in this form.
            return [part(of: document["detail"], name: "detail", decode: { $0 })]
        }
        // What Lambda keeps of an event that has failed for good: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        if let event = document["requestPayload"] { return parts(of: event, depth: depth + 1) }
        if let message = document["Message"]?.string { return parts(ofText: Array(message.utf8), depth: depth + 1) }
        return [.unknown("it has neither Records, nor s3ObjectKey, nor an S3 detail, nor a Message")]
    }

    private static func parts(ofRecord record: JSONValue, depth: Int) -> [EventPart] {
        if let message = record["body"]?.string ?? record["Sns"]?["Message"]?.string {
            return parts(ofText: Array(message.utf8), depth: depth + 1)
        }
        guard let s3 = record["s3"] else { return [.skipped(.notOfS3)] }
        guard let name = record["eventName"]?.string else { return [.unknown("eventName is missing")] }
        guard name.hasPrefix("ObjectCreated:") else { return [.skipped(.notCreated)] }
        return [part(of: s3, name: "s3", decode: \.formDecoded)]
    }

    private static func part(of object: JSONValue?, name: String, decode: (String) -> String?) -> EventPart {
        guard let bucket = object?["bucket"]?["name"]?.string else { return .unknown("\(name).bucket.name is missing") }
        guard let key = object?["object"]?["key"]?.string.flatMap(decode) else {
            return .unknown("\(name).object.key is missing or wrongly encoded")
        }
        return part(bucket: bucket, key: key, size: object?["object"]?["size"])
    }

    private static func part(bucket: String, key: String, size: JSONValue?) -> EventPart {
        .file(LogFile(bucket: bucket, key: key, isEmpty: size == 0))
    }
}

/// Tells Lambda which messages of a batch have to come again.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
enum BatchResponse {
    static func json(failedMessageIDs: [String]) -> [UInt8] {
        let failures = failedMessageIDs.map { JSONValue.object([.init("itemIdentifier", .string($0))]) }
        return Array(JSONValue.object([.init("batchItemFailures", .array(failures))]).serialized().utf8)
    }
}
