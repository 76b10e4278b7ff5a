import JSON
import Testing

@testable import LambdaEvents

@Suite struct ObjectEventsTests {
    private static let key =
        "AWSLogs/1/CloudTrail/eu-west-1/2026/11/21/1_CloudTrail_eu-west-1_20261121T1200Z_a b=c.json.gz"
    private static let encodedKey = key.replacing(" ", with: "+").replacing("=", with: "%3D")

    private static func record(_ key: String = encodedKey, event: String = "ObjectCreated:Put", size: Int = 5) -> String
    {
        #"{"eventVersion":"2.6","eventSource":"aws:s3","eventName":"\#(event)","#
            + #""s3":{"bucket":{"name":"b"},"object":{"key":"\#(key)","size":\#(size)}}}"#
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).serialized() }

    private static let direct = #"{"Records":[\#(record())]}"#
    private static let own = #"{"s3Bucket":"b","s3ObjectKey":["\#(key)"]}"#
    private static let note =
        #"{"s3Bucket":"b","s3ObjectKey":"\#(key)","messageType":"ConfigurationHistoryDeliveryCompleted"}"#
    private static let change = #"{"configurationItem":{},"messageType":"ConfigurationItemChangeNotification"}"#
    private static let bridge =
        #"{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"\#(key)","size":5}}}"#

    private static func throughSNS(_ message: String) -> String {
        #"{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":\#(quoted(message))}}]}"#
    }

    private static func throughSQS(_ bodies: String...) -> String {
        let records = bodies.enumerated().map { index, body in
            #"{"messageId":"m\#(index)","eventSource":"aws:sqs","body":\#(quoted(body))}"#
        }
        return #"{"Records":[\#(records.joined(separator: ","))]}"#
    }

    private static func envelope(_ message: String) -> String {
        #"{"Type":"Notification","Message":\#(quoted(message))}"#
    }

    private func parts(_ event: String) throws -> [EventPart] {
        try ObjectEvents.items(of: JSONValue(parsing: event.utf8)).flatMap(\.parts)
    }

    private func isUnknown(_ part: EventPart) -> Bool {
        if case .unknown = part { true } else { false }
    }

    @Test(arguments: [
        direct, own, bridge, throughSNS(direct), throughSNS(own), throughSQS(direct), throughSQS(bridge),
        throughSQS(own), throughSQS(envelope(direct)), throughSQS(envelope(own)), throughSNS(note),
        throughSQS(envelope(note)),
    ])
    func eachWrappingLeadsToTheObject(_ event: String) throws {
        #expect(try parts(event) == [.created(CreatedObject(bucket: "b", key: Self.key))])
    }

    @Test func everyRecordCounts() throws {
        let event = #"{"Records":[\#(Self.record("a.json.gz")),\#(Self.record("b.json.gz"))]}"#
        #expect(try parts(event) == ["a", "b"].map { .created(CreatedObject(bucket: "b", key: "\($0).json.gz")) })
    }

    @Test(arguments: [
        (#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#, EventPart.SkipReason.testMessage),
        (throughSNS("CloudTrail validation message."), .testMessage),
        (throughSQS(#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#), .testMessage),
        (#"{"Records":[\#(record(event: "ObjectRemoved:Delete"))]}"#, .notCreated),
        (#"{"source":"aws.s3","detail-type":"Object Deleted","detail":{}}"#, .notCreated),
        (#"{"Records":[{}]}"#, .notOfS3), (throughSNS(change), .notCreated),
        (throughSQS(envelope(change)), .notCreated),
    ])
    func aRecordWithoutANewObjectIsSkippedWithAReason(_ event: String, _ reason: EventPart.SkipReason) throws {
        #expect(try parts(event) == [.skipped(reason)])
    }

    @Test(arguments: [
        (#"{"Records":[\#(record(event: "ObjectTeleported:Put"))]}"#, "ObjectTeleported:Put"),
        (#"{"Records":[\#(record(event: ""))]}"#, ""),
        (#"{"source":"aws.s3","detail-type":"Object Teleported","detail":{}}"#, "Object Teleported"),
        (#"{"source":"aws.s3","detail-type":5,"detail":{}}"#, "a number"),
        (
            throughSQS(#"{"Records":[\#(record(event: String(repeating: "x", count: 300)))]}"#),
            String(repeating: "x", count: 100)
        ),
    ])
    func anEventOfAnotherNameKeepsItsName(_ event: String, _ name: String) throws {
        #expect(try parts(event) == [.otherEvent(name: name)])
    }

    @Test(arguments: [
        "5", "[]", "{}", #"{"Records":[{"s3":{}}]}"#, #"{"detail-type":"Scheduled Event"}"#,
        #"{"Records":[\#(record("%zz"))]}"#, #"{"s3Bucket":"b","s3ObjectKey":[5]}"#,
        #"{"s3Bucket":"b","s3ObjectKey":5}"#,
        #"{"s3Bucket":"b","s3ObjectKey":null}"#, throughSNS("hello"),
    ])
    func anEventOfUnknownShapeIsSaidToBeSo(_ event: String) throws {
        #expect(try parts(event).count == 1 && (try parts(event)).allSatisfy(isUnknown))
    }

    @Test func aSubscriptionToBeConfirmedSaysWhatToDo() throws {
        let message =
            #"{"Type":"SubscriptionConfirmation","Token":"secret","TopicArn":"arn:aws:sns:eu-west-1:1:trail","#
            + #""Message":"You have chosen to subscribe.","SubscribeURL":"https://sns.example/?Token=secret"}"#
        for event in [message, Self.throughSQS(message)] {
            guard case .unknown(let reason) = try parts(event).first else {
                Issue.record("it is not unknown")
                continue
            }
            #expect(reason.contains("'arn:aws:sns:eu-west-1:1:trail'") && reason.contains("confirm-subscription"))
            #expect(!reason.contains("secret"))
        }
    }

    @Test func wrappingsDoNotGoOnForEver() throws {
        for wrap in [Self.envelope, Self.throughSNS] {
            let event = (0..<6).reduce(Self.direct) { event, _ in wrap(event) }
            #expect(try parts(event) == [.unknown("too many wrappings")])
        }
    }

    @Test func aBadRecordHarmsOnlyItself() throws {
        let event = #"{"Records":[{"s3":{}},\#(Self.record("a.json.gz"))]}"#
        for event in [event, Self.throughSNS(event), Self.throughSQS(event)] {
            #expect(try parts(event).map(isUnknown) == [true, false])
        }
    }

    @Test func aBadMessageOfAQueueFailsByItself() throws {
        let items = ObjectEvents.items(
            of: try JSONValue(parsing: Self.throughSQS(Self.direct, "hello", Self.own).utf8)
        )
        #expect(items.map(\.messageID) == ["m0", "m1", "m2"])
        #expect(items.map { $0.parts.contains(where: isUnknown) } == [false, true, false])
    }

    @Test(arguments: ["", #","body":null"#, #","body":7"#, #","body":{"Records":[]}"#])
    func aMessageWithoutTextIsGivenBackByItself(_ body: String) throws {
        let bad = #"{"messageId":"bad","eventSource":"aws:sqs"\#(body)}"#
        let good = #"{"messageId":"good","eventSource":"aws:sqs","body":\#(Self.quoted(Self.direct))}"#
        for (event, ids) in [("[\(good),\(bad)]", ["good", "bad"]), ("[\(bad)]", ["bad"])] {
            let items = ObjectEvents.items(of: try JSONValue(parsing: #"{"Records":\#(event)}"#.utf8))
            #expect(items.map(\.messageID) == ids)
            #expect(items.last?.parts == [.unknown("a message's body is missing or no text")])
            #expect(ids.count == 1 || items.first?.parts.contains { !isUnknown($0) } == true)
        }
    }
}
