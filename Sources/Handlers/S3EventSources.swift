import HTTP
import JSON

/// An object that an event says was created.
struct LogFile: Equatable {
    let bucket: String
    /// The object's key, decoded.
    let key: String

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

    /// Why there is nothing to do.
    enum SkipReason: String {
        /// S3 and CloudTrail try out a notification when it is set up.
        case testMessage = "TestMessage"
        /// Something happened to an object that does not make it new.
        case notCreated = "NotCreated"
        /// A folder, an empty object, a digest, an insight, or another service's log.
        case notALogFile = "NotALogFile"
    }
}

/// A piece of an event that succeeds or fails as one.
struct EventItem {
    /// The id of the queue's message to give back when the item fails; nil outside of a queue.
    let messageID: String?
    /// What the item asks for, or why nobody can tell.
    let parts: Result<[EventPart], HandlerError>
}

/// Finds the new objects in each wrapping in which S3 and CloudTrail tell of them.
enum S3EventSources {
    private static let deepestWrapping = 4
    private static let cloudTrailValidation = "CloudTrail validation message."

    /// Takes an event apart.
    ///
    /// - Throws: ``HandlerError/unknownEvent(_:)`` when the event as a whole is of no known shape.
    static func items(of event: [UInt8]) throws(HandlerError) -> [EventItem] {
        let document = try parse(event)
        guard let records = document["Records"]?.array, records.contains(where: { $0["body"] != nil }) else {
            return [EventItem(messageID: nil, parts: .success(try parts(of: document, depth: 0)))]
        }
        return records.map { record in
            EventItem(
                messageID: record["messageId"]?.string,
                parts: Result { () throws(HandlerError) in try parts(ofRecord: record, depth: 0) }
            )
        }
    }

    private static func parts(of document: JSONValue, depth: Int) throws(HandlerError) -> [EventPart] {
        guard depth < deepestWrapping else { throw .unknownEvent("too many wrappings") }
        if document["Event"] == "s3:TestEvent" { return [.skipped(.testMessage)] }
        if let records = document["Records"]?.array {
            var parts: [EventPart] = []
            for record in records { parts += try self.parts(ofRecord: record, depth: depth) }
            return parts
        }
        if let bucket = document["s3Bucket"]?.string, let keys = document["s3ObjectKey"]?.array {
            return try keys.map { key throws(HandlerError) in
                guard let key = key.string else { throw .unknownEvent("s3ObjectKey is not an array of strings") }
                return part(bucket: bucket, key: key, size: nil)
            }
        }
        if document["source"] == "aws.s3", let kind = document["detail-type"] {
            guard kind == "Object Created" else { return [.skipped(.notCreated)] }
            // Keys come as they are in this form.
            return [try part(of: document["detail"], name: "detail", decode: { $0 })]
        }
        if let message = document["Message"]?.string { return try parts(ofMessage: message, depth: depth) }
        throw .unknownEvent("it has neither Records, nor s3ObjectKey, nor an S3 detail, nor a Message")
    }

    private static func parts(ofRecord record: JSONValue, depth: Int) throws(HandlerError) -> [EventPart] {
        if let body = record["body"]?.string { return try parts(ofMessage: body, depth: depth) }
        if let message = record["Sns"]?["Message"]?.string { return try parts(ofMessage: message, depth: depth) }
        guard let s3 = record["s3"] else { throw .unknownEvent("a record is neither of S3, nor SNS, nor SQS") }
        guard let name = record["eventName"]?.string else { throw .unknownEvent("eventName is missing") }
        guard name.hasPrefix("ObjectCreated:") else { return [.skipped(.notCreated)] }
        return [try part(of: s3, name: "s3", decode: \.formDecoded)]
    }

    private static func parts(ofMessage text: String, depth: Int) throws(HandlerError) -> [EventPart] {
        if text.hasPrefix(cloudTrailValidation) { return [.skipped(.testMessage)] }
        return try parts(of: try parse(Array(text.utf8)), depth: depth + 1)
    }

    private static func part(
        of object: JSONValue?,
        name: String,
        decode: (String) -> String?
    ) throws(HandlerError) -> EventPart {
        guard let bucket = object?["bucket"]?["name"]?.string else {
            throw .unknownEvent("\(name).bucket.name is missing")
        }
        guard let key = object?["object"]?["key"]?.string.flatMap(decode) else {
            throw .unknownEvent("\(name).object.key is missing or wrongly encoded")
        }
        return part(bucket: bucket, key: key, size: object?["object"]?["size"])
    }

    private static func part(bucket: String, key: String, size: JSONValue?) -> EventPart {
        let file = LogFile(bucket: bucket, key: key)
        return file.isLog && !key.hasSuffix("/") && size != 0 ? .file(file) : .skipped(.notALogFile)
    }

    private static func parse(_ bytes: [UInt8]) throws(HandlerError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .unknownEvent("\(error)")
        }
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
