import JSON
import JSONFixture
import Testing

@testable import LambdaEvents

/// A malformed event is understood neither as an event of its own nor as the message of a queue, and says why.
@Suite struct MalformedEventTests {
    private func expect(_ part: EventPart, of event: JSONValue) {
        #expect(ObjectEvents.items(of: event).map(\.parts) == [[part]])
        for text in event.spellings { #expect(ObjectEvents.parts(ofMessage: text) == [part]) }
    }

    private static func record(_ s3: JSONValue) -> JSONValue {
        ["Records": [["eventName": "ObjectCreated:Put", "s3": s3]]]
    }

    private static func object(_ object: JSONValue?) -> JSONValue {
        record(.object(of: ["bucket": ["name": "b"], "object": object]))
    }

    private static func detail(_ detail: JSONValue) -> JSONValue {
        ["source": "aws.s3", "detail-type": "Object Created", "detail": detail]
    }

    @Test func bracketsThatNestTooDeepAreUnknown() {
        aTextWithoutAnObjectIsUnknown(JSONFixture.deep)
    }

    @Test(arguments: JSONFixture.texts)
    func aTextWithoutAnObjectIsUnknown(_ text: String) {
        for message in [text, JSONValue.object([.init("Message", .string(text))]).serialized()] {
            let parts = ObjectEvents.parts(ofMessage: message)
            guard case .unknown(let reason) = parts.first, parts.count == 1 else {
                Issue.record("\(parts)")
                continue
            }
            #expect(reason.hasPrefix("not valid JSON: ") || reason.hasPrefix("it has neither Records"))
        }
    }

    @Test(
        arguments: [
            .null, 7, "x", "text", [], [:], [[:]], ["Records": .null], ["Records": 7], ["Records": "x"],
            ["Records": [:]], ["s3Bucket": 7, "s3ObjectKey": ["k"]], ["s3Bucket": 7, "s3ObjectKey": "k"],
            ["s3Bucket": "b", "s3ObjectKey": [:]], ["s3Bucket": "b", "s3ObjectKey": 7], ["requestPayload": .null],
            ["requestPayload": 7],
            ["requestPayload": "x"], ["requestPayload": []], ["requestPayload": [:]],
            ["Type": "Notification", "Message": 7], ["Type": "Notification", "Message": "7"],
            ["Type": "Notification", "Message": "[]"], ["Type": "Notification", "Message": "null"],
        ] as [JSONValue]
    )
    func anEventWithoutItsMembersIsUnknown(_ event: JSONValue) {
        expect(.unknown("it has neither Records, nor s3ObjectKey, nor an S3 detail, nor a Message"), of: event)
    }

    @Test(
        arguments: [
            7, .null, "x", [], [:], ["eventSource": "aws:kinesis"], ["Sns": .null], ["Sns": 7], ["Sns": "x"],
            ["Sns": [:]], ["Sns": ["Message": 7]],
        ] as [JSONValue]
    )
    func aRecordThatIsNotAboutAnObjectIsNotOfS3(_ record: JSONValue) {
        expect(.skipped(.notOfS3), of: ["Records": [record]])
    }

    @Test(
        arguments: [
            ["Records": [["Sns": ["Message": ""]]]], ["Type": "Notification", "Message": ""],
        ] as [JSONValue]
    )
    func anEmptyMessageIsUnknown(_ event: JSONValue) {
        expect(.unknown("not valid JSON: line 1, column 1: a value is missing"), of: event)
    }

    @Test(
        arguments: [
            ["Records": [["Sns": ["Message": "{"]]]], ["Records": [["Sns": ["Message": "what?"]]]],
            ["Type": "Notification", "Message": "x"],
        ] as [JSONValue]
    )
    func aMessageThatIsNotJSONIsUnknown(_ event: JSONValue) throws {
        let parts = ObjectEvents.items(of: event).flatMap(\.parts)
        guard case .unknown(let reason) = try #require(parts.first) else {
            Issue.record("\(parts)")
            return
        }
        #expect(reason.hasPrefix("not valid JSON: line 1, column "))
        expect(.unknown(reason), of: event)
    }

    @Test(arguments: [.null, 7, []] as [JSONValue])
    func aRecordWithoutANameIsUnknown(_ name: JSONValue) {
        let event: JSONValue = ["Records": [["eventSource": "aws:s3", "eventName": name, "s3": [:]]]]
        expect(.unknown("eventName is missing"), of: event)
    }

    @Test(arguments: [.null, 7, "x", [], [:], ["bucket": 7], ["bucket": ["name": 7]]] as [JSONValue])
    func aRecordWithoutABucketIsUnknown(_ s3: JSONValue) {
        expect(.unknown("s3.bucket.name is missing"), of: Self.record(s3))
    }

    @Test(
        arguments: [
            nil, "x", ["key": 7], ["key": "%"], ["key": "%2"], ["key": "%zz"], ["key": "%ff%fe"], ["key": "a%+1"],
        ] as [JSONValue?]
    )
    func aRecordWithoutAKeyIsUnknown(_ object: JSONValue?) {
        expect(.unknown("s3.object.key is missing or wrongly encoded"), of: Self.object(object))
    }

    @Test(arguments: [7, .null] as [JSONValue])
    func aKeyThatIsNoTextIsUnknown(_ key: JSONValue) {
        expect(.unknown("s3ObjectKey is not an array of strings"), of: ["s3Bucket": "b", "s3ObjectKey": [key]])
    }

    @Test(arguments: [.null, 7, [:], ["bucket": "b"]] as [JSONValue])
    func aDetailWithoutABucketIsUnknown(_ detail: JSONValue) {
        expect(.unknown("detail.bucket.name is missing"), of: Self.detail(detail))
    }

    @Test func aDetailWithoutAKeyIsUnknown() {
        let event = Self.detail(["bucket": ["name": "b"], "object": [:]])
        expect(.unknown("detail.object.key is missing or wrongly encoded"), of: event)
    }

    @Test func aFailedEventInAFailedEventIsOneWrappingTooMany() {
        let event: JSONValue = ["requestPayload": ["requestPayload": ["requestPayload": [:]]]]
        #expect(ObjectEvents.parts(ofMessage: event.serialized()) == [.unknown("too many wrappings")])
    }
}
