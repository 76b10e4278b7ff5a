import AWSFixture
import JSON
import JSONFixture
import LoopbackServer
import Testing

@testable import AWS

/// Answers of SQS that are not what it promises: no message is lost, or counts as deleted.
@Suite struct MalformedSQSTests {
    // MARK: - Receiving

    private func expectNoMessage(_ answer: Answer, _ words: String) throws {
        try LoopbackServer.run(answer) { (server) throws in
            let sqs = SQS(try client(server))
            let error = #expect(throws: AWSError.self) { try sqs.receive(from: "q", hiddenFor: 30, before: soon) }
            let message = error?.description ?? ""
            #expect(message.hasPrefix("sqs:ReceiveMessage \(words)") && message.utf8.count < 3000, "\(message)")
        }
    }

    private static let message: JSONValue = [
        "MessageId": "m", "ReceiptHandle": "h", "Body": "{}", "MD5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
    ]

    private static func messages(_ member: String, _ values: [JSONValue?]) -> [TestInput] {
        values.map { TestInput(["Messages": [message.replacing(member, with: $0)]]) }
    }

    @Test(
        arguments: JSONFixture.notObjects
            + ([7, [:], [7], [.null], [[:]]] as [JSONValue]).map { TestInput(["Messages": $0]) }
            + ["MessageId", "ReceiptHandle", "Body"].flatMap { messages($0, [nil, .null, 7, []]) }
            + messages("MD5OfBody", ["wrong", 7]) + messages("Body", ["{ }"])
    )
    func aMessageThatIsNotWholeIsUnreadable(_ body: TestInput) throws {
        try expectNoMessage(.reply(200, body: body.text), "answered what cannot be read: ")
    }

    @Test(arguments: RefusalFixture.permanentStatuses) func messagesThatAreRefusedAreNotReceived(_ status: Int) throws {
        try expectNoMessage(.reply(status, body: "{}"), "was refused: HTTP\(status) ")
    }

    @Test(
        arguments: [("{}", 0), (#"{"Messages": null}"#, 0), (#"{"Messages": []}"#, 0)]
            + messages("MessageId", ["m"]).map { ($0.text, 1) }
    )
    func anAnswerWithoutMessagesIsAnEmptyQueue(_ body: String, _ count: Int) throws {
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            #expect(try SQS(client(server)).receive(from: "q", hiddenFor: 30, before: soon).count == count)
        }
    }

    // MARK: - Deleting

    private let two = ["0", "1"].map { SQS.Message(id: $0, body: "a", receiptHandle: "h-\($0)") }

    private static func outcomes(_ member: String, _ values: [JSONValue]) -> [TestInput] {
        values.map { TestInput(.object([.init(member, $0)])) }
    }

    private static let deletions =
        JSONFixture.withoutMembers
        + outcomes("Successful", [7, [:], [], [7], [[:]], [["Id": 0]], [["Id": "9"]]])
        + outcomes("Failed", [[[:]], [["Id": "9"]], 7, [["Id": "0", "SenderFault": "x", "Code": 7]]])

    @Test(arguments: deletions) func aDeletionWithoutConfirmationIsTriedAgain(_ body: TestInput) throws {
        let answer = Answer.reply(200, body: body.text)
        let deleted = Answer.reply(200, body: #"{"Successful": [{"Id": "0"}, {"Id": "1"}]}"#)
        try LoopbackServer.run(answer, deleted) { (server) throws in
            #expect(SQS(try client(server)).delete(two, from: "q", before: soon) == [])
            #expect(server.requests.count == 2)
        }
        try LoopbackServer.run(answer, answer, answer, deleted) { (server) throws in
            let reasons = SQS(try client(server)).delete(two, from: "q", before: soon)
            #expect(reasons.count == 2 && server.requests.count == 3)
            #expect(reasons.allSatisfy { $0.hasPrefix("sqs:DeleteMessageBatch ") && $0.utf8.count < 3000 })
        }
    }

    @Test(arguments: RefusalFixture.permanentStatuses) func aDeletionThatIsRefusedIsFinal(_ status: Int) throws {
        try LoopbackServer.run(.reply(status, body: "{}")) { (server) throws in
            let reasons = SQS(try client(server)).delete(two, from: "q", before: soon)
            #expect(reasons.count == 2 && server.requests.count == 1)
            #expect(reasons.allSatisfy { $0.hasPrefix("sqs:DeleteMessageBatch was refused: HTTP\(status) ") })
        }
    }
}
