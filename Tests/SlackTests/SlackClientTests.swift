import HTTP
import JSON
import LoopbackServer
import Slack
import Testing
import Time

@Suite struct SlackClientTests {
    private let message = SlackMessage(text: "hello", blocks: [.section("hello")])
    private var soon: Deadline { .after(.seconds(20)) }

    private final class Pauses {
        var taken: [Duration] = []
    }

    private func post(_ server: LoopbackServer, _ pauses: Pauses = Pauses()) throws {
        let client = try SlackClient(http: HTTPClient(), api: server.url) { pauses.taken.append($0) }
        try client.postMessage(message, to: .conversation("#c"), token: "xoxb-1", before: soon)
    }

    private let fine = Answer.reply(200, body: #"{"ok":true}"#)

    @Test func aMessageIsPostedAsJSONWithTheToken() throws {
        try LoopbackServer.run(fine) { (server) throws in
            try post(server)
            let request = try #require(server.requests.first)
            #expect(request.line == "POST /chat.postMessage HTTP/1.1")
            #expect(request.headers["authorization"] == "Bearer xoxb-1")
            #expect(request.headers["content-type"] == "application/json; charset=utf-8")
            let body = try JSONValue(parsing: request.body.utf8)
            #expect(body["channel"] == "#c" && body["text"] == "hello" && body["blocks"]?.array?.count == 1)
        }
    }

    @Test func anErrorWithStatus200IsAnError() throws {
        try LoopbackServer.run(.reply(200, body: #"{"ok":false,"error":"channel_not_found"}"#)) { (server) throws in
            #expect(throws: SlackError.refused("channel_not_found")) { try post(server) }
            #expect(server.requests.count == 1)
        }
    }

    @Test func aLayoutThatSlackDislikesIsLeftOut() throws {
        try LoopbackServer.run(.reply(200, body: #"{"ok":false,"error":"invalid_blocks"}"#), fine) { (server) throws in
            try post(server)
            #expect(server.requests.map { $0.body.contains("blocks") } == [true, false])
        }
    }

    @Test func thePauseThatSlackAsksForIsTaken() throws {
        try LoopbackServer.run(.reply(429, headers: ["Retry-After": "3"]), fine) { (server) throws in
            let pauses = Pauses()
            try post(server, pauses)
            #expect(pauses.taken == [.seconds(3)])
        }
    }

    @Test func aPauseBeyondTheDeadlineIsNotTaken() throws {
        try LoopbackServer.run(.reply(429, headers: ["Retry-After": "30"]), fine) { (server) throws in
            #expect(throws: SlackError.rateLimited(seconds: 30)) { try post(server) }
            #expect(server.requests.count == 1)
        }
    }

    @Test func aPostIsNotRepeatedWhenAConnectionThatWasUsedBeforeBreaks() throws {
        try LoopbackServer.run(fine, .hangUp, fine) { (server) throws in
            let client = try SlackClient(http: HTTPClient(), api: server.url) { _ in }
            try client.postMessage(message, to: .conversation("#c"), token: "t", before: soon)
            #expect(throws: SlackError.self) {
                try client.postMessage(message, to: .conversation("#c"), token: "t", before: soon)
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: [
        Answer.reply(500), .reply(504), .reply(200, body: #"{"ok":false,"error":"fatal_error"}"#),
        .reply(200, body: #"{"ok":false,"error":"internal_error"}"#),
    ])
    func aFailureHalfWayLeavesADoubt(_ answer: Answer) throws {
        try LoopbackServer.run(answer, fine) { (server) throws in
            let error = #expect(throws: SlackError.self) { try post(server) }
            #expect(error?.description.hasPrefix("Slack may not have posted") == true)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [Answer.reply(503), .reply(200, body: #"{"ok":false,"error":"service_unavailable"}"#)])
    func slacksOwnTroubleIsNoRefusal(_ answer: Answer) throws {
        try LoopbackServer.run(answer, answer) { (server) throws in
            let error = #expect(throws: SlackError.self) { try post(server) }
            #expect(error?.description.hasPrefix("Slack is not available") == true)
        }
    }

    @Test(arguments: [
        Answer.hangUp, .raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), .reply(200, body: "<html>"),
    ])
    func aLostAnswerLeavesADoubtAndIsNotRepeated(_ answer: Answer) throws {
        try LoopbackServer.run(answer, fine) { (server) throws in
            let error = #expect(throws: SlackError.self) { try post(server) }
            #expect(error?.description.hasPrefix("Slack may not have posted") == true)
            #expect(server.requests.count == 1)
        }
    }

    @Test func aUserIsLookedUpByForm() throws {
        try LoopbackServer.run(
            .reply(200, body: #"{"ok":true,"user":{"id":"U1"}}"#),
            .reply(200, body: #"{"ok":false,"error":"users_not_found"}"#)
        ) { (server) throws in
            let client = try SlackClient(http: HTTPClient(), api: server.url) { _ in }
            #expect(try client.userID(email: "a+b@example.com", token: "t", before: soon) == "U1")
            #expect(try client.userID(email: "x@example.com", token: "t", before: soon) == nil)
            #expect(server.requests.first?.body == "email=a%2Bb%40example.com")
        }
    }

    /// Only `users_not_found` says that Slack knows no user with the address.
    @Test func anAnswerThatNamesNoUserIsAnError() throws {
        let answer = Answer.reply(200, body: #"{"ok":true,"user":{"id":""}}"#)
        try LoopbackServer.run(answer) { (server) throws in
            let client = try SlackClient(http: HTTPClient(), api: server.url) { _ in }
            #expect(throws: SlackError.unavailable("users.lookupByEmail named no user")) {
                try client.userID(email: "ada@example.com", token: "t", before: soon)
            }
        }
    }

    @Test func aWebhookAnswersWithAWord() throws {
        try LoopbackServer.run(.reply(200, body: "ok"), .reply(404, body: "no_service")) { (server) throws in
            let client = try SlackClient(http: HTTPClient(), api: nil) { _ in }
            try client.post(message, webhook: server.at(), before: soon)
            #expect(throws: SlackError.refused("no_service")) {
                try client.post(message, webhook: server.at(), before: soon)
            }
        }
    }

    @Test(arguments: [
        "http://slack.com/api/", "http://127.0.0.1.example:80/", "ftp://x", "http://localhost.example:1/",
    ])
    func theTokenNeverGoesOutInClear(_ url: String) {
        #expect(throws: SlackError.self) { try SlackClient(http: HTTPClient(), api: url) { _ in } }
    }
}
