package import AWS
import HTTP
package import LoopbackServer
import System
package import Time

/// A moment that no test reaches.
package var soon: Deadline { .after(.seconds(30)) }

/// The pauses that a client would have taken.
package final class Pauses {
    package var taken: [Duration] = []

    package init() {}
}

/// A client whose calls all go to a server, and whose pauses are noted instead of taken.
package func client(
    _ server: LoopbackServer,
    pauses: Pauses = Pauses(),
    random: Double = 1
) throws -> AWSClient {
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
package func getParameter(_ client: AWSClient) throws -> String {
    try Secrets(client).parameter("/a", before: soon)
}

package let parameter = Answer.reply(200, body: #"{"Parameter":{"Value":"v"}}"#)
