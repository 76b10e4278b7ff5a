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
            (.null, "expected an object, found null"), ([], "expected an object, found an array"),
            ([:], "Records: it is missing"), (["Records": 7], "Records: expected an array, found 7"),
            (["Records": [7]], "Records[0]: expected an object, found 7"),
            (["Records": [["body": "{}"]]], "Records[0].messageId: it is missing"),
            (["Records": [["messageId": "a"]]], "Records[0].body: it is missing"),
            (["Records": [["messageId": 7, "body": "x"]]], "Records[0].messageId: expected a string, found 7"),
        ] as [(JSONValue, String)]
    )
    func anotherEventIsRefused(_ event: JSONValue, _ reason: String) {
        let error = #expect(throws: JSONError.self) { try QueueBatch(json: event) }
        #expect(error?.description == reason)
    }

    @Test func theAnswerNamesTheFailedMessages() {
        let answer = QueueBatch.answer(failedMessageIDs: ["a", "b"])
        #expect(answer == ["batchItemFailures": [["itemIdentifier": "a"], ["itemIdentifier": "b"]]])
        #expect(QueueBatch.answer(failedMessageIDs: []) == ["batchItemFailures": []])
    }
}
