package import JSON
import Web

/// An object that an event says was created.
package struct CreatedObject: Equatable {
    /// The bucket's name.
    package let bucket: String
    /// The object's key, decoded.
    package let key: String
    /// Whether the object is empty.
    package var isEmpty = false

    /// Creates an object.
    package init(bucket: String, key: String, isEmpty: Bool = false) {
        self.bucket = bucket
        self.key = key
        self.isEmpty = isEmpty
    }
}

/// A part of an event: one object, or the reason why there is none.
package enum EventPart: Equatable {
    /// An object was created.
    case created(CreatedObject)
    /// There is nothing to do.
    case skipped(SkipReason)
    /// A call that CloudTrail recorded, as EventBridge announces it: the whole event.
    case call(JSONValue)
    /// An event of a name that is not known, which is none of an object's creation.
    case otherEvent(name: String)
    /// The part cannot be understood, for this reason.
    case unknown(String)

    /// Whether this announces a call, and no object.
    package var isCall: Bool { if case .call = self { true } else { false } }

    /// A reason for which there is nothing to do; the raw value is a part of a metric's name.
    package enum SkipReason: String {
        /// S3 and CloudTrail try out a notification when it is set up.
        case testMessage = "TestMessage"
        /// An object was not created but, for instance, deleted.
        case notCreated = "NotCreated"
        /// A folder, an empty object, a digest, an insight, or another service's log.
        case notALogFile = "NotALogFile"
        /// A log file of another account.
        case otherAccount = "OtherAccount"
        /// The record is not about an object.
        case notOfS3 = "NotOfS3"
    }
}

/// A piece of an event that succeeds or fails as one.
package struct EventItem {
    /// The id of the queue's message to return when the item fails; nil outside of a queue.
    package let messageID: String?
    /// The parts of the item.
    package let parts: [EventPart]

    /// Creates an item.
    package init(messageID: String?, parts: [EventPart]) {
        self.messageID = messageID
        self.parts = parts
    }
}

/// The created objects in each wrapping in which S3, EventBridge, CloudTrail and AWS Config announce them.
package enum ObjectEvents {
    private static let deepestWrapping = 4
    private static let cloudTrailValidation = "CloudTrail validation message."
    /// The kinds of events that S3 sends of other things than an object's creation, to queues and to EventBridge.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    private static let otherEvents: Set<String> = [
        "ObjectRemoved", "ObjectRestore", "ReducedRedundancyLostObject", "Replication", "LifecycleExpiration",
        "LifecycleTransition", "IntelligentTiering", "ObjectTagging", "ObjectAcl",
        "Object Deleted", "Object Restore Initiated", "Object Restore Completed", "Object Restore Expired",
        "Object Storage Class Changed", "Object Access Tier Changed", "Object ACL Updated", "Object Tags Added",
        "Object Tags Deleted",
    ]
    /// The longest name of an event that is kept, in characters.
    private static let longestName = 100
    /// The longest ARN of a topic that an error shows.
    private static let longestARN = 300

    /// The objects in the body of a queue's message.
    package static func parts(ofMessage body: String) -> [EventPart] { parts(ofText: body, depth: 1) }

    /// The items of an event. A record that cannot be understood is a part of its own, so that it harms no other.
    package static func items(of event: JSONValue) -> [EventItem] {
        guard let records = event["Records"]?.array,
            records.contains(where: { $0["body"] != nil || $0["eventSource"] == "aws:sqs" })
        else { return [EventItem(messageID: nil, parts: parts(of: event, depth: 0))] }
        return records.map { record in
            let body = record["body"]?.string.map { parts(ofMessage: $0) }
            return EventItem(
                messageID: record["messageId"]?.string,
                parts: body ?? [.unknown("a message's body is missing or no text")]
            )
        }
    }

    private static func parts(ofText text: String, depth: Int) -> [EventPart] {
        if text.hasPrefix(cloudTrailValidation) { return [.skipped(.testMessage)] }
        do throws(JSONError) {
            return parts(of: try JSONValue(parsing: text.utf8), depth: depth)
        } catch {
            return [.unknown("\(error)")]
        }
    }

    private static func parts(of document: JSONValue, depth: Int) -> [EventPart] {
        guard depth < deepestWrapping else { return [.unknown("too many wrappings")] }
        if document["Event"] == "s3:TestEvent" { return [.skipped(.testMessage)] }
        if let records = document["Records"]?.array { return records.flatMap { parts(ofRecord: $0, depth: depth) } }
        // CloudTrail names an array of keys, AWS Config one key.
        let keys = document["s3ObjectKey"]
        if let bucket = document["s3Bucket"]?.string, let keys = keys?.array ?? keys?.string.map({ [.string($0)] }) {
            return keys.map { key in
                guard let key = key.string else { return .unknown("s3ObjectKey is not an array of strings") }
                return part(bucket: bucket, key: key, size: nil)
            }
        }
        // AWS Config's notes about changes: https://docs.aws.amazon.com/config/latest/developerguide/notifications-for-AWS-Config.html
        if document["messageType"]?.string != nil { return [.skipped(.notCreated)] }
        if document["Type"] == "SubscriptionConfirmation" { return [.unknown(confirmation(document))] }
        if document["source"] == "aws.s3", let kind = document["detail-type"] {
            guard kind == "Object Created" else { return [notCreated(kind.string ?? kind.kind)] }
            // Keys are not encoded in this form.
            return [part(of: document["detail"], name: "detail", decode: { $0 })]
        }
        // https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-athena.html
        if document["detail-type"] == "AWS API Call via CloudTrail" { return [.call(document)] }
        // Lambda's record of an event that has failed for good: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        if let event = document["requestPayload"] { return parts(of: event, depth: depth + 1) }
        if let message = document["Message"]?.string { return parts(ofText: message, depth: depth + 1) }
        return [.unknown("it has neither Records, nor s3ObjectKey, nor an S3 detail, nor a Message")]
    }

    /// https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
    private static func confirmation(_ document: JSONValue) -> String {
        let topic = (document["TopicArn"]?.string ?? "unknown").prefix(longestARN)
        return "the SNS topic '\(topic)' waits for the confirmation of a subscription: confirm it with the message's "
            + "Token (aws sns confirm-subscription), or subscribe the queue or the function from its own account"
    }

    private static func parts(ofRecord record: JSONValue, depth: Int) -> [EventPart] {
        if let message = record["body"]?.string ?? record["Sns"]?["Message"]?.string {
            return parts(ofText: message, depth: depth + 1)
        }
        guard let s3 = record["s3"] else { return [.skipped(.notOfS3)] }
        guard let name = record["eventName"]?.string else { return [.unknown("eventName is missing")] }
        guard name.hasPrefix("ObjectCreated:") else { return [notCreated(name)] }
        return [part(of: s3, name: "s3", decode: \.formDecoded)]
    }

    /// An event of S3 about something else than a creation.
    private static func notCreated(_ name: String) -> EventPart {
        let family = name.prefix { $0 != ":" }
        if otherEvents.contains(String(family)) { return .skipped(.notCreated) }
        return .otherEvent(name: String(name.prefix(longestName)))
    }

    private static func part(of object: JSONValue?, name: String, decode: (String) -> String?) -> EventPart {
        guard let bucket = object?["bucket"]?["name"]?.string else { return .unknown("\(name).bucket.name is missing") }
        guard let key = object?["object"]?["key"]?.string.flatMap(decode) else {
            return .unknown("\(name).object.key is missing or wrongly encoded")
        }
        return part(bucket: bucket, key: key, size: object?["object"]?["size"])
    }

    private static func part(bucket: String, key: String, size: JSONValue?) -> EventPart {
        .created(CreatedObject(bucket: bucket, key: key, isEmpty: size == 0))
    }
}
