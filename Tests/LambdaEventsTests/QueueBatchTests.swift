import JSON
import LambdaEvents
import Testing

@Suite struct QueueBatchTests {
    @Test func messagesComeInTheirOrder() throws {
        let batch = try QueueBatch(json: [
            "Records": [["messageId": "a", "body": "x"], ["messageId": "b", "body": ""]]
        ])
        #expect(batch.messages.map(\.id) == ["a", "b"] && batch.messages.map(\.body) == ["x", ""])
    }

    @Test(
        arguments: [
            .null, .object([]), ["Records": [["messageId": "a"]]], ["Records": [["messageId": 7, "body": "x"]]],
        ] as [JSONValue]
    )
    func anotherEventIsRefused(_ event: JSONValue) {
        #expect(throws: JSONError.self) { try QueueBatch(json: event) }
    }

    @Test func theAnswerNamesTheFailedMessages() {
        let answer = QueueBatch.answer(failedMessageIDs: ["a", "b"])
        #expect(answer == ["batchItemFailures": [["itemIdentifier": "a"], ["itemIdentifier": "b"]]])
        #expect(QueueBatch.answer(failedMessageIDs: []) == ["batchItemFailures": []])
    }
}
