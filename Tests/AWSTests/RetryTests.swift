import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct RetryTests {
    private let write = DynamoDB.Write.put(["a": "b"], table: "t", condition: "attribute_not_exists(a)")

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
            let client = try AWSFixture.client(server)
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
            let client = try AWSFixture.client(server, pauses: pauses)
            #expect(throws: AWSError.self) { try Secrets(client).parameter("/a", before: .after(.seconds(1))) }
            #expect(pauses.taken.isEmpty)
        }
    }

    @Test func lastingTroubleIsNotTriedAgain() throws {
        try LoopbackServer.run(.reply(400, body: #"{"__type":"AccessDeniedException"}"#), parameter) {
            (server) throws in
            let client = try AWSFixture.client(server)
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
            let client = try AWSFixture.client(server)
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
            let client = try AWSFixture.client(server)
            #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(server.requests.count == 1)
        }
    }
}
