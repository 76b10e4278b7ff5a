import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct AWSClientTests {
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
            let client = try AWSFixture.client(server)
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
            let client = try AWSFixture.client(server)
            let error = #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(error?.description.contains("Parameter.Value: it is missing") == true)
        }
    }

    // MARK: - The init phase

    @Test func whatIsWarmedUpIsNotOpenedAgain() throws {
        try LoopbackServer.run(.reply(404), parameter) { (server) throws in
            let client = try AWSFixture.client(server)
            client.warmUp([.dynamoDB])
            #expect(try getParameter(client) == "v")
            #expect(server.requests.map(\.line) == ["GET /ping HTTP/1.1", "POST / HTTP/1.1"])
            #expect(server.requests.first?.headers["authorization"] == nil)
            #expect(server.connectionCount == 1)
        }
    }

    @Test(arguments: [Answer.silence, .hangUp]) func aWarmUpThatFailsDoesNoHarm(_ trouble: Answer) throws {
        try LoopbackServer.run(trouble, parameter) { (server) throws in
            let client = try AWSFixture.client(server)
            let start = ContinuousClock.now
            client.warmUp([.dynamoDB])
            // Lambda waits so long for it.
            #expect(start.duration(to: .now) < .seconds(10))
            #expect(try getParameter(client) == "v")
        }
    }
}
