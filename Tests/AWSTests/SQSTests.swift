import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct SQSTests {
    @Test func eachMessageOfABatchHasItsOwnOutcome() throws {
        let body = """
            {"Successful":[{"Id":"0","MD5OfMessageBody":"0cc175b9c0f1b6a831c399e269772661"},
            {"Id":"2","MD5OfMessageBody":"wrong"}],
            "Failed":[{"Id":"1","Code":"InvalidMessageContents","Message":"no","SenderFault":true}]}
            """
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let outcomes = SQS(try client(server)).send(["a", "b", "c", "d"], to: "q", before: soon)
            #expect(outcomes.map { (try? $0.get()) != nil } == [true, false, false, false])
        }
    }

    @Test func batchesHoldTenMessagesAndTheirBytes() {
        #expect(SQS.batches(of: []) == [])
        #expect(SQS.batches(of: Array(repeating: 1, count: 21)) == [0..<10, 10..<20, 20..<21])
        #expect(SQS.batches(of: [200_000, 62_144, 1, 262_144, 1]) == [0..<2, 2..<3, 3..<4, 4..<5])
    }

    private func message(_ id: String) -> SQS.Message { SQS.Message(id: id, body: "a", receiptHandle: "h-\(id)") }

    @Test func messagesAreReceivedAsTheyWereSent() throws {
        let body = """
            {"Messages":[{"MessageId":"m","ReceiptHandle":"h-m","Body":"a","MD5OfBody":"0cc175b9c0f1b6a831c399e269772661"},
            {"MessageId":"n","ReceiptHandle":"h-n","Body":"a"}]}
            """
        try LoopbackServer.run(.reply(200, body: body), .reply(200, body: "{}")) { (server) throws in
            let sqs = SQS(try client(server))
            #expect(try sqs.receive(from: "q", hiddenFor: 30, before: soon) == [message("m"), message("n")])
            #expect(try sqs.receive(from: "q", hiddenFor: 30, before: soon) == [])
        }
    }

    @Test(arguments: [
        (#"{"Messages":[{"MessageId":"m","ReceiptHandle":"h"}]}"#, "Messages[0].Body: it is missing"),
        (#"{"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":7}]}"#, "Messages[0].Body: expected a string"),
        (
            #"{"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":"b","MD5OfBody":"0cc175b9c0f1b6a831c399e269772661"}]}"#,
            "Messages[0].Body: it is not what MD5OfBody says"
        ),
        (#"{"Messages":[{"MessageId":"m","Body":"a"}]}"#, "Messages[0].ReceiptHandle: it is missing"),
        (#"{"Messages":[{"ReceiptHandle":"h","Body":"a"}]}"#, "Messages[0].MessageId: it is missing"),
        (#"{"Messages":{}}"#, "Messages: expected an array"), ("[]", "expected an object"), ("", "a value is missing"),
    ])
    func aMessageThatIsNotWholeIsNotReceived(_ body: String, _ reason: String) throws {
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let sqs = SQS(try client(server))
            let error = #expect(throws: AWSError.self) { try sqs.receive(from: "q", hiddenFor: 30, before: soon) }
            let said = "\(error.map(String.init(describing:)) ?? "")"
            #expect(
                said.hasPrefix("sqs:ReceiveMessage answered what cannot be read") && said.contains(reason),
                "\(said)"
            )
        }
    }

    @Test func onlyWhatSQSSaysItHasDeletedIsDeleted() throws {
        let first = """
            {"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"ReceiptHandleIsInvalid","Message":"no","SenderFault":true},
            {"Id":"2","Code":"InternalError","SenderFault":false}]}
            """
        let second = Answer.reply(200, body: #"{"Successful":[{"Id":"1"},{"Id":"9"}]}"#)
        try LoopbackServer.run(.reply(200, body: first), second, .reply(200, body: "{}")) { (server) throws in
            let sqs = SQS(try client(server))
            let reasons = sqs.delete(["a", "b", "c", "d"].map(message), from: "q", before: soon)
            #expect(reasons.count == 2)
            #expect(reasons.first?.contains("ReceiptHandleIsInvalid (200): no") == true)
            #expect(reasons.last?.contains("NotMentioned") == true)
            // What is gone is not deleted again, nor what can never be.
            let handles = server.requests.map { request in
                ["h-a", "h-b", "h-c", "h-d"].filter { request.body.contains($0) }
            }
            #expect(handles == [["h-a", "h-b", "h-c", "h-d"], ["h-c", "h-d"], ["h-c"]])
        }
    }

    @Test(arguments: ["", "[]", "7", #"{"Successful":7}"#, #"{"Failed":{}}"#])
    func aDeletionWhoseAnswerCannotBeReadIsNone(_ body: String) throws {
        let answer = Answer.reply(200, body: body)
        try LoopbackServer.run(answer, answer, answer) { (server) throws in
            let reasons = SQS(try client(server)).delete([message("a")], from: "q", before: soon)
            #expect(reasons.count == 1 && server.requests.count == 3)
            #expect(reasons[0].hasPrefix("sqs:DeleteMessageBatch answered what cannot be read"))
        }
    }
}
