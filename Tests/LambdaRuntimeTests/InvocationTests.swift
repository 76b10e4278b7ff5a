import HTTP
import JSON
import JSONFixture
import Testing
import Web

@testable import LambdaRuntime

@Suite struct InvocationTests {
    @Test(
        arguments: [
            (["Lambda-Runtime-Deadline-Ms": "1"], "an event has no request id"),
            (["Lambda-Runtime-Aws-Request-Id": "r"], "expected milliseconds since 1970, found none"),
            (
                ["Lambda-Runtime-Aws-Request-Id": "r", "Lambda-Runtime-Deadline-Ms": "soon"],
                "Lambda-Runtime-Deadline-Ms: expected milliseconds since 1970, found 'soon'"
            ),
        ] as [(HTTPHeaders, String)]
    )
    func anInvocationHasAnIDAndADeadline(_ headers: HTTPHeaders, _ words: String) {
        let error = #expect(throws: RuntimeError.self) { try Invocation(HTTPResponse(status: 200, headers: headers)) }
        #expect(error?.description.contains(words) == true)
    }

    private func event(_ text: String) throws -> JSONValue {
        let headers: HTTPHeaders = ["Lambda-Runtime-Aws-Request-Id": "r", "Lambda-Runtime-Deadline-Ms": "1"]
        let response = HTTPResponse(status: 200, headers: headers, body: Array(text.utf8))
        return try Invocation(response).parsedEvent()
    }

    @Test(arguments: JSONFixture.notJSON) func aTextThatIsNotJSONIsNoEvent(_ input: TestInput) {
        let error = #expect(throws: HandlerError.self) { try event(input.text) }
        let message = error?.description ?? ""
        #expect(message.contains("not valid JSON") && message.utf8.count < 3000)
    }

    @Test(arguments: ["{}", "\u{FEFF}{}", " { } "]) func anEmptyObjectIsAnEvent(_ text: String) throws {
        #expect(try event(text) == [:])
    }
}
