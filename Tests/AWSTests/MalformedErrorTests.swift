import AWSFixture
import HTTP
import JSONFixture
import LoopbackServer
import Testing

@testable import AWS

/// Refusals whose bodies name no known error.
@Suite struct MalformedErrorTests {
    @Test(arguments: RefusalFixture.statuses, RefusalFixture.bodies)
    func theStatusSaysWhetherTheCallIsRepeated(_ status: Int, _ body: TestInput) {
        let response = HTTPResponse(status: status, body: Array(body.text.utf8))
        let error = AWSError.refused(ServiceError(call: "athena:X", response: response))
        #expect(error.description.hasPrefix("athena:X was refused: ") && error.description.utf8.count < 3000)
        #expect(FailureKind(error) == (status >= 500 ? .transient : .permanent))
    }

    @Test(arguments: RefusalFixture.statuses) func anErrorWithoutACodeHasThatOfItsStatus(_ status: Int) throws {
        let attempts = status >= 500 ? 3 : 1
        let answer = Answer.reply(status, body: "{}")
        try LoopbackServer.run(answer, answer, answer) { (server) throws in
            let client = try AWSFixture.client(server)
            let error = #expect(throws: AWSError.self) { try getParameter(client) }
            #expect(error?.description.hasPrefix("ssm:GetParameter was refused: HTTP\(status) ") == true)
            #expect(server.requests.count == attempts)
        }
    }
}
