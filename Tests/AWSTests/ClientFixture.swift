import HTTP
import LoopbackServer
import System
import Time

@testable import AWS

/// A moment that no test reaches.
var soon: Deadline { .after(.seconds(30)) }

/// The pauses that a client would have taken.
final class Pauses {
    var taken: [Duration] = []
}

/// A client whose calls all go to a server, and whose pauses are noted instead of taken.
func client(_ server: LoopbackServer, pauses: Pauses = Pauses(), random: Double = 1) throws -> AWSClient {
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

/// A small call that many tests make, and an answer to it.
func getParameter(_ client: AWSClient) throws -> String {
    try Secrets(client).parameter("/a", before: soon)
}

let parameter = Answer.reply(200, body: #"{"Parameter":{"Value":"v"}}"#)

/// The text of a downloaded object.
final class TextSink: ResponseSink {
    private(set) var text = ""

    func begin() { text = "" }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        text += String(decoding: bytes, as: UTF8.self)
        return true
    }
}
