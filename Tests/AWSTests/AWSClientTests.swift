import Foundation
import HTTP
import JSON
import LoopbackServer
import System
import Testing
import Time
import Web

@testable import AWS

@Suite struct AWSClientTests {
    private var soon: Deadline { .after(.seconds(30)) }

    private func client(_ server: LoopbackServer, pauses: Pauses = Pauses(), random: Double = 1) throws -> AWSClient {
        try AWSClient(
            environment: [
                "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_ENDPOINT_URL": server.url, "HOME": "/nonexistent",
            ],
            http: HTTPClient(),
            pause: { pauses.taken.append($0) },
            random: { random }
        )
    }

    private final class Pauses {
        var taken: [Duration] = []
    }

    private func getParameter(_ client: AWSClient) throws -> String {
        try Secrets(client).parameter("/a", before: soon)
    }

    private let parameter = Answer.reply(200, body: #"{"Parameter":{"Value":"v"}}"#)

    // MARK: - Errors

    @Test(arguments: [
        Answer.reply(
            400,
            headers: ["x-amzn-RequestId": "r1"],
            body: #"{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"no"}"#
        ),
        .reply(
            400,
            headers: ["x-amzn-RequestId": "r1", "x-amzn-errortype": "ParameterNotFound:http://internal.amazon.com/x"],
            body: #"{"Message":"no"}"#
        ),
        .reply(
            400,
            headers: ["x-amz-request-id": "r1"],
            body: "<?xml version=\"1.0\"?><Error><Code>ParameterNotFound</Code><Message>no</Message></Error>"
        ),
    ])
    func anErrorKeepsItsCodeMessageAndRequestID(_ answer: Answer) throws {
        try LoopbackServer.run(answer) { (server) throws in
            let client = try client(server)
            let expected = ServiceError(
                call: "ssm:GetParameter",
                status: 400,
                code: "ParameterNotFound",
                message: "no",
                requestID: "r1"
            )
            #expect(throws: AWSError.refused(expected)) { try getParameter(client) }
            #expect(server.requests.count == 1)
        }
    }

    @Test func anAnswerThatIsNotWhatWasPromisedIsUnreadable() throws {
        try LoopbackServer.run(.reply(200, body: #"{"Parameter":{}}"#)) { (server) throws in
            let client = try client(server)
            let error = #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(error?.description.contains("Parameter.Value: it is missing") == true)
        }
    }

    // MARK: - Retries

    @Test(arguments: [
        Answer.reply(500), .reply(503), .hangUp, .reply(400, body: #"{"__type":"RequestTimeout"}"#),
    ])
    func passingTroubleIsTriedAgainAfterAShortPause(_ trouble: Answer) throws {
        try LoopbackServer.run(trouble, trouble, parameter) { (server) throws in
            let pauses = Pauses()
            #expect(try getParameter(client(server, pauses: pauses)) == "v")
            #expect(pauses.taken == [.milliseconds(50), .milliseconds(100)])
        }
    }

    @Test func throttlingIsTriedAgainAfterALongPause() throws {
        let throttling = Answer.reply(400, body: #"{"__type":"ThrottlingException"}"#)
        try LoopbackServer.run(throttling, throttling, parameter) { (server) throws in
            let pauses = Pauses()
            #expect(try getParameter(client(server, pauses: pauses, random: 0.5)) == "v")
            #expect(pauses.taken == [.milliseconds(500), .seconds(1)])
        }
    }

    @Test func threeAttemptsAreEnough() throws {
        try LoopbackServer.run(.reply(500), .reply(500), .reply(500), parameter) { (server) throws in
            let client = try client(server)
            #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(server.requests.count == 3)
        }
    }

    @Test func aServiceMayAskForALongerPause() throws {
        try LoopbackServer.run(.reply(500, headers: ["x-amz-retry-after": "700"]), parameter) { (server) throws in
            let pauses = Pauses()
            #expect(try getParameter(client(server, pauses: pauses, random: 0)) == "v")
            #expect(pauses.taken == [.milliseconds(700)])
        }
    }

    @Test func noPauseGoesBeyondTheDeadline() throws {
        try LoopbackServer.run(.reply(500, headers: ["x-amz-retry-after": "4900"]), parameter) { (server) throws in
            let pauses = Pauses()
            let client = try client(server, pauses: pauses)
            #expect(throws: AWSError.self) { try Secrets(client).parameter("/a", before: .after(.seconds(1))) }
            #expect(pauses.taken.isEmpty)
        }
    }

    @Test func lastingTroubleIsNotTriedAgain() throws {
        try LoopbackServer.run(.reply(400, body: #"{"__type":"AccessDeniedException"}"#), parameter) {
            (server) throws in
            let client = try client(server)
            #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(server.requests.count == 1)
        }
    }

    @Test func callsThatNeverBeganUseUpNothing() throws {
        try LoopbackServer.run(.reply(503), .reply(200, body: "{}")) { (server) throws in
            let store = DynamoDB(try client(server))
            _ = store.write(Array(repeating: write, count: 40), before: .after(.seconds(-1)))
            let outcome = try store.write(write, before: soon)
            #expect(outcome == .written)
        }
    }

    @Test func aCallThatCannotBeAddressedFailsByItself() throws {
        try LoopbackServer.run(.reply(200, body: "{}")) { (server) throws in
            let regions = ["x@127.0.0.1:9/", nil, "a.b", "", "EU"]
            let batches = regions.map { Athena.Batch(region: $0, ids: ["i"]) }
            let answers = Athena(try client(server)).batchGetQueryExecution(batches, before: soon)
            #expect(answers.map { (try? $0.get()) != nil } == [false, true, false, false, false])
            #expect(server.requests.count == 1)
        }
    }

    @Test func aWrongClockIsCorrectedByTheServices() throws {
        let refusal = Answer.reply(
            403,
            headers: ["Date": "Fri, 01 Jan 2100 00:00:00 GMT"],
            body: #"{"__type":"InvalidSignatureException","message":"Signature expired"}"#
        )
        try LoopbackServer.run(refusal, parameter, parameter) { (server) throws in
            let client = try client(server)
            #expect(try getParameter(client) == "v")
            #expect(try getParameter(client) == "v")
            let dates = server.requests.compactMap { $0.headers["x-amz-date"] }
            #expect(dates.dropFirst().allSatisfy { $0.hasPrefix("21000101T0000") })
        }
    }

    @Test func aWrongSignatureAtTheRightTimeStaysWrong() throws {
        let now = Timestamp.now.formatted("YYYYMMDD hh:mm:ss") + " GMT"
        let refusal = Answer.reply(403, headers: ["Date": now], body: #"{"__type":"InvalidSignatureException"}"#)
        try LoopbackServer.run(refusal, parameter) { (server) throws in
            let client = try client(server)
            #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(server.requests.count == 1)
        }
    }

    // MARK: - DynamoDB

    private let write = DynamoDB.Write.put(["a": "b"], table: "t", condition: "attribute_not_exists(a)")

    @Test func aConditionThatFailsIsAnOutcome() throws {
        let failure = Answer.reply(400, body: #"{"__type":"x#ConditionalCheckFailedException"}"#)
        try LoopbackServer.run(.reply(200, body: "{}"), failure) { (server) throws in
            let store = DynamoDB(try client(server))
            #expect(try store.write(write, before: soon) == .written)
            #expect(try store.write(write, before: soon) == .conditionFailed)
        }
    }

    @Test func aDamagedAnswerIsAskedForAgain() throws {
        let damaged = Answer.reply(200, headers: ["x-amz-crc32": "1"], body: #"{"Items":[]}"#)
        let sound = Answer.reply(200, headers: ["x-amz-crc32": "2745614147"], body: "{}")
        try LoopbackServer.run(damaged, sound) { (server) throws in
            #expect(try DynamoDB(client(server)).write(write, before: soon) == .written)
            #expect(server.requests.count == 2)
        }
    }

    @Test func attributesOfUnknownTypesAreNoTrouble() throws {
        let body =
            #"{"Items":[{"s":{"S":"x"},"n":{"N":"1"},"m":{"M":{}},"b":{"BOOL":true}}],"LastEvaluatedKey":{"s":{"S":"x"}}}"#
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let query = DynamoDB.Query(table: "t", keyCondition: "s = :s", values: [":s": "x"])
            let page = try DynamoDB(client(server)).query(query, before: soon)
            #expect(page.items == [["s": "x", "n": .integer(1), "m": .other, "b": .other]])
            #expect(page.next == ["s": "x"])
        }
    }

    // MARK: - SQS

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

    // MARK: - Glue

    @Test(arguments: [
        (#"{"Table":{}}"#, "Table.StorageDescriptor: it is missing"),
        (#"{"Table":{"StorageDescriptor":{}}}"#, "Table.StorageDescriptor.Location: it is missing"),
        (
            #"{"Table":{"StorageDescriptor":{"Location":"s3://b"},"PartitionKeys":[{}]}}"#,
            "Table.Name: it is missing"
        ),
        (
            #"{"Table":{"StorageDescriptor":{"Location":"s3://b"},"PartitionKeys":7}}"#,
            "PartitionKeys: expected an array"
        ),
    ])
    func aTableThatIsNotWholeIsUnreadable(_ body: String, _ reason: String) throws {
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let glue = Glue(try client(server))
            let error = #expect(throws: AWSError.self) { try glue.table("t", in: "d", before: soon) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        (#"{}"#, [Glue.Creation.created, .created]),
        (
            #"{"Errors":[{"PartitionValues":["2"],"ErrorDetail":{"ErrorCode":"AlreadyExistsException"}}]}"#,
            [.created, .alreadyThere]
        ),
        // An error without details is one, and an error that names no partition may be any's.
        (#"{"Errors":[{"PartitionValues":["1"]}]}"#, [failed("no code: no message"), .created]),
        (
            #"{"Errors":[{"PartitionValues":["9"],"ErrorDetail":{"ErrorCode":"X","ErrorMessage":"y"}}]}"#,
            [failed("X: y"), failed("X: y")]
        ),
    ])
    func eachPartitionHasItsOwnOutcome(_ body: String, _ outcomes: [Glue.Creation]) throws {
        let table = Answer.reply(200, body: #"{"Table":{"StorageDescriptor":{"Location":"s3://b/t"}}}"#)
        try LoopbackServer.run(table, .reply(200, body: body)) { (server) throws in
            let glue = Glue(try client(server))
            let table = try glue.table("t", in: "d", before: soon)
            let partitions = ["1", "2"].map { Glue.NewPartition(values: [$0], location: "s3://b/t/\($0)/") }
            #expect(glue.create(partitions, of: ("t", table), in: "d", before: soon) == outcomes)
        }
    }

    private static func failed(_ reason: String) -> Glue.Creation {
        .failed("glue:BatchCreatePartition was refused: \(reason)")
    }

    // MARK: - The init phase

    @Test func whatIsWarmedUpIsNotOpenedAgain() throws {
        try LoopbackServer.run(.reply(404), parameter) { (server) throws in
            let client = try client(server)
            client.warmUp([.dynamoDB])
            #expect(try getParameter(client) == "v")
            #expect(server.requests.map(\.line) == ["GET /ping HTTP/1.1", "POST / HTTP/1.1"])
            #expect(server.requests.first?.headers["authorization"] == nil)
            #expect(server.connectionCount == 1)
        }
    }

    @Test(arguments: [Answer.silence, .hangUp]) func aWarmUpThatFailsDoesNoHarm(_ trouble: Answer) throws {
        try LoopbackServer.run(trouble, parameter) { (server) throws in
            let client = try client(server)
            let start = ContinuousClock.now
            client.warmUp([.dynamoDB])
            // Lambda waits so long for it.
            #expect(start.duration(to: .now) < .seconds(10))
            #expect(try getParameter(client) == "v")
        }
    }

    // MARK: - Athena

    @Test func aMalformedExecutionDoesNotHideItsNeighbors() throws {
        let body = """
            {"QueryExecutions":[{"QueryExecutionId":1},{"QueryExecutionId":"b","Status":{"State":"RUNNING"}}],
            "UnprocessedQueryExecutionIds":[null,{"QueryExecutionId":"c","ErrorCode":"X"}]}
            """
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let batch = Athena.Batch(region: nil, ids: ["a", "b", "c"])
            let answer = try #require(Athena(try client(server)).batchGetQueryExecution([batch], before: soon).first)
                .get()
            #expect(answer.executions.map(\.id) == ["b"])
            #expect(answer.unprocessed.map(\.id) == ["c"])
        }
    }

    @Test func aBatchIsAskedForInItsOwnRegion() throws {
        try LoopbackServer.run(.reply(200, body: "{}")) { (server) throws in
            let batch = Athena.Batch(region: "sa-east-1", ids: ["a"])
            _ = Athena(try client(server)).batchGetQueryExecution([batch], before: soon)
            #expect(server.requests.first?.headers["authorization"]?.contains("/sa-east-1/athena/") == true)
            #expect(server.requests.first?.headers["x-amz-target"] == "AmazonAthena.BatchGetQueryExecution")
        }
    }

    @Test func callsWaitForTheirQuota() throws {
        try LoopbackServer.run(.reply(200), .reply(200), .reply(200), .reply(200)) { (server) throws in
            let pauses = Pauses()
            let call = AWSCall.json(.athena, "BatchGetQueryExecution", ["QueryExecutionIds": ["a"]])
            let answers = try client(server, pauses: pauses).sendAll(
                Array(repeating: call, count: 4),
                inFlight: 1,
                within: Pace.Quota(rate: 0.01, burst: 2),
                before: soon
            )
            #expect(answers.count { (try? $0.get()) != nil } == 4)
            // A wait that is longer than there is time ends with it.
            #expect(pauses.taken.count == 2)
            #expect(pauses.taken.allSatisfy { $0 > .zero && $0 < .seconds(30) })
        }
    }

    // MARK: - S3

    @Test func aBrokenDownloadBeginsAnew() throws {
        let broken = Answer.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        try LoopbackServer.run(broken, .reply(200, body: "whole file")) { (server) throws in
            let sink = TextSink()
            try S3(client(server)).getObject(bucket: "b", key: "k v=1", into: sink, before: soon)
            #expect(sink.text == "whole file")
            #expect(server.requests.map(\.line) == Array(repeating: "GET /b/k%20v%3D1 HTTP/1.1", count: 2))
        }
    }

    @Test(arguments: [
        ("bucket", "https://bucket.s3.eu-west-1.amazonaws.com/a/b%20c"),
        ("dotted.bucket", "https://s3.eu-west-1.amazonaws.com/dotted.bucket/a/b%20c"),
    ])
    func aBucketIsInTheHostNameWhereACertificateCoversIt(_ bucket: String, _ url: String) throws {
        let endpoint = try EndpointResolver(environment: [:]).endpoint(of: .s3, in: "eu-west-1")
        let call = AWSCall(service: .s3, operation: "GetObject", resource: .object(bucket: bucket, key: "a/b c"))
        #expect(endpoint.url(of: call).description == url)
    }
}

private final class TextSink: ResponseSink {
    private(set) var text = ""

    func begin() { text = "" }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        text += String(decoding: bytes, as: UTF8.self)
        return true
    }
}
