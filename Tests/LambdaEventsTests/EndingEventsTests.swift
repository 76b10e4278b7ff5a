import JSON
import Testing

@testable import LambdaEvents

@Suite struct EndingEventsTests {
    private func event(_ state: JSONValue, _ id: JSONValue = "q", kind: JSONValue = "Athena Query State Change")
        -> JSONValue
    {
        ["detail-type": kind, "account": "1", "detail": ["currentState": state, "queryExecutionId": id, "more": 1]]
    }

    private func record(_ body: JSONValue, count: JSONValue = "2") -> JSONValue {
        [
            "messageId": "m", "receiptHandle": "h", "eventSource": "aws:sqs", "body": .string(body.serialized()),
            "attributes": ["ApproximateReceiveCount": count],
        ]
    }

    @Test(arguments: ["SUCCEEDED", "FAILED", "CANCELLED"])
    func aLastStateIsAnEnding(_ state: String) throws {
        let direct = try #require(EndingEvents(event(.string(state))))
        #expect(direct.endings == [.init(message: nil, executionID: "q", accountID: "1")])
        let queued = try #require(EndingEvents(["Records": [record(event(.string(state)))]]))
        let message = EndingEvents.Message(id: "m", receiptHandle: "h", receiveCount: 2)
        #expect(queued.endings == [.init(message: message, executionID: "q", accountID: "1")])
    }

    @Test func whatTellsOfNoEndingIsSkippedAndHarmsNoNeighbor() throws {
        let bodies: [JSONValue] = [
            event("RUNNING"), event(1), event("SUCCEEDED", .null), event("SUCCEEDED", ""),
            event("SUCCEEDED", kind: "Athena Engine Version Change"), [], .null,
        ]
        let torn: JSONValue = ["messageId": "t", "eventSource": "aws:sqs", "body": "{\"detail"]
        let events = try #require(
            EndingEvents(["Records": .array(bodies.map { record($0) } + [torn, record(event("FAILED"))])])
        )
        #expect(events.endings.map(\.executionID) == ["q"] && events.skippedCount == bodies.count + 1)
    }

    @Test(arguments: [JSONValue.null, 2, "two"])
    func aMessageWithoutAReceiveCountCountsAsReceivedOnce(_ count: JSONValue) throws {
        let events = try #require(EndingEvents(["Records": [record(event("FAILED"), count: count)]]))
        #expect(events.endings.first?.message?.receiveCount == 1)
    }

    @Test(arguments: [
        JSONValue.null, [:], ["detail-type": "Scheduled Event", "detail": [:]],
        ["Records": [["eventSource": "aws:s3"]]],
        ["Records": "x"],
    ])
    func anyOtherEventIsNone(_ event: JSONValue) {
        #expect(EndingEvents(event) == nil)
    }
}
