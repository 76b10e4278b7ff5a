import HTTP
import LoopbackServer
import Testing
import Time
import Web

@Suite struct HTTPClientTests {
    private var soon: Deadline { .after(.seconds(30)) }

    @Test func anAnswerComesWithStatusFieldsAndBody() throws {
        try LoopbackServer.run(.reply(404, headers: ["X-Thing": " a b "], body: "gone")) { (server) throws in
            let response = try HTTPClient().perform(HTTPRequest(url: server.at("/x", query: "y=1")), before: soon)
            #expect(response.status == 404)
            #expect(response.headers["x-thing"] == "a b")
            #expect(response.body == Array("gone".utf8))
            #expect(server.requests.first?.line == "GET /x?y=1 HTTP/1.1")
        }
    }

    @Test func aConnectionServesManyRequests() throws {
        try LoopbackServer.run(.reply(200), .reply(200), .reply(200)) { (server) throws in
            let client = HTTPClient()
            for _ in 0..<3 { _ = try client.perform(HTTPRequest(url: server.at()), before: soon) }
            #expect(server.connectionCount == 1)
        }
    }

    @Test func aStaleConnectionIsReplacedWithoutTheCallerNoticing() throws {
        try LoopbackServer.run(.reply(200), .hangUp, .reply(201)) { (server) throws in
            let client = HTTPClient()
            _ = try client.perform(HTTPRequest(url: server.at()), before: soon)
            let request = HTTPRequest(method: "POST", url: server.at(), body: Array("again".utf8))
            let response = try client.perform(request, before: soon)
            #expect(response.status == 201)
            #expect(server.requests.map(\.body) == ["", "again", "again"])
        }
    }

    @Test func aBodyIsSentWithItsLengthAndNoGuesses() throws {
        try LoopbackServer.run(.reply(200)) { (server) throws in
            let request = HTTPRequest(method: "PUT", url: server.at(), headers: ["X-Empty": ""], body: Array("é".utf8))
            _ = try HTTPClient().perform(request, before: soon)
            let headers = try #require(server.requests.first?.headers)
            #expect(headers["content-length"] == "2")
            #expect(headers["x-empty"] == "")
            #expect(headers["content-type"] == nil)
            #expect(headers["expect"] == nil)
        }
    }

    @Test func aPathWithDotsIsSentAsItIs() throws {
        try LoopbackServer.run(.reply(200)) { (server) throws in
            _ = try HTTPClient().perform(HTTPRequest(url: server.at("/a/../b/./c")), before: soon)
            #expect(server.requests.first?.line == "GET /a/../b/./c HTTP/1.1")
        }
    }

    @Test func redirectsAreNotFollowed() throws {
        try LoopbackServer.run(.reply(302, headers: ["Location": "http://127.0.0.1:1/"])) { (server) throws in
            let request = HTTPRequest(url: server.at(), headers: ["Authorization": "secret"])
            let response = try HTTPClient().perform(request, before: soon)
            #expect(response.status == 302)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: ["/a\r\nX: y", "/\u{0}"])
    func aLineBreakNeverLeaves(_ path: String) {
        let url = URL(origin: Origin(scheme: .http, host: "127.0.0.1", port: 9), path: path)
        let error = #expect(throws: HTTPError.self) { try HTTPClient().perform(HTTPRequest(url: url), before: soon) }
        #expect(error?.caseName == "invalidRequest")
    }

    // MARK: - Trouble

    @Test func aClosedPortIsUnreachable() {
        let url = URL(origin: Origin(scheme: .http, host: "127.0.0.1", port: 1))
        let error = #expect(throws: HTTPError.self) {
            try HTTPClient().perform(HTTPRequest(url: url), before: soon)
        }
        #expect(error?.caseName == "unreachable")
    }

    @Test func silenceEndsAtTheRequestsTimeout() throws {
        try LoopbackServer.run(.silence) { (server) throws in
            let request = HTTPRequest(url: server.at(), timeout: .milliseconds(100))
            let deadline = soon
            let error = #expect(throws: HTTPError.self) { try HTTPClient().perform(request, before: deadline) }
            #expect(error?.caseName == "timedOut" && !deadline.hasPassed)
        }
    }

    @Test func silenceEndsAtTheDeadlineEvenWithoutATimeout() throws {
        try LoopbackServer.run(.silence) { (server) throws in
            let request = HTTPRequest(url: server.at(), timeout: nil)
            #expect(throws: HTTPError.self) {
                try HTTPClient().perform(request, before: .after(.milliseconds(100)))
            }
        }
    }

    @Test func nothingBeginsAfterTheDeadline() throws {
        try LoopbackServer.run(.reply(200)) { (server) throws in
            let results = HTTPClient().performAll([HTTPRequest(url: server.at())], inFlight: 1, before: .after(.zero))
            #expect(results == [.failure(.timedOut("the deadline has passed"))])
            #expect(server.requests.isEmpty)
        }
    }

    @Test func anAnswerCutShortIsAnError() throws {
        try LoopbackServer.run(.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")) { (server) throws in
            let error = #expect(throws: HTTPError.self) {
                try HTTPClient().perform(HTTPRequest(url: server.at()), before: soon)
            }
            #expect(error?.caseName == "connectionLost")
        }
    }

    @Test func aBodyBeyondTheLimitIsRefused() throws {
        try LoopbackServer.run(.reply(200, body: String(repeating: "x", count: 100))) { (server) throws in
            var configuration = HTTPClient.Configuration()
            configuration.bodyLimit = 99
            let client = HTTPClient(configuration: configuration)
            #expect(throws: HTTPError.tooLarge(limit: 99)) {
                try client.perform(HTTPRequest(url: server.at()), before: soon)
            }
        }
    }

    // MARK: - Many at once

    @Test func answersComeInTheOrderOfTheRequests() throws {
        try LoopbackServer.run(.reply(200), .reply(404), .reply(201), .reply(503)) { (server) throws in
            let requests = (0..<4).map { HTTPRequest(method: "POST", url: server.at("/\($0)")) }
            let results = HTTPClient().performAll(requests, inFlight: 1, before: soon)
            #expect(results.map { try? $0.get().status } == [200, 404, 201, 503])
            #expect(server.requests.map(\.line) == (0..<4).map { "POST /\($0) HTTP/1.1" })
        }
    }

    @Test func noMoreAreInFlightThanAllowed() throws {
        let fine = Answer.reply(200)
        try LoopbackServer.run(fine, fine, fine, fine, fine, fine) { (server) throws in
            let requests = (0..<6).map { _ in HTTPRequest(url: server.at()) }
            let results = HTTPClient().performAll(requests, inFlight: 2, before: soon)
            #expect(results.count { (try? $0.get().status) == 200 } == 6)
            #expect(server.connectionCount <= 2)
        }
    }

    @Test func allConnectionsOfManyRequestsStayOpen() throws {
        try LoopbackServer.run { (server) throws in
            let client = HTTPClient()
            let requests = (0..<6).map { _ in HTTPRequest(url: server.at()) }
            _ = client.performAll(requests, inFlight: 6, before: soon)
            let opened = server.connectionCount
            _ = client.performAll(requests, inFlight: 6, before: soon)
            #expect(opened > 4)
            #expect(server.connectionCount == opened)
        }
    }

    // MARK: - Streams

    @Test func aSinkTakesTheBodyOfSuccess() throws {
        let body = String(repeating: "0123456789", count: 200_000)
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let sink = CollectingSink()
            let response = try HTTPClient().perform(HTTPRequest(url: server.at()), before: soon, sink: sink)
            #expect(response.body.isEmpty)
            #expect(sink.bytes == Array(body.utf8))
            #expect(sink.begins == 1)
        }
    }

    @Test func theBodyOfAnErrorDoesNotGoToTheSink() throws {
        try LoopbackServer.run(.reply(403, body: "denied")) { (server) throws in
            let sink = CollectingSink()
            let response = try HTTPClient().perform(HTTPRequest(url: server.at()), before: soon, sink: sink)
            #expect(response.body == Array("denied".utf8))
            #expect(sink.bytes.isEmpty)
        }
    }

    @Test func aSinkMayDeclineTheRest() throws {
        try LoopbackServer.run(.reply(200, body: String(repeating: "x", count: 1_000_000))) { (server) throws in
            let sink = CollectingSink(limit: 1)
            #expect(throws: HTTPError.refusedBySink) {
                try HTTPClient().perform(HTTPRequest(url: server.at()), before: soon, sink: sink)
            }
        }
    }

    @Test func aSinkMayUseTheClientThatFeedsIt() throws {
        let body = String(repeating: "x", count: 3_000_000)
        try LoopbackServer.run(.reply(200, body: body)) { files in
            try LoopbackServer.run(.reply(200), .reply(200), .reply(200), .reply(200), .reply(200)) { store in
                let client = HTTPClient()
                let sink = CollectingSink()
                sink.onReceive = { _ = try? client.perform(HTTPRequest(url: store.at()), before: soon) }
                _ = try client.perform(HTTPRequest(url: files.at()), before: soon, sink: sink)
                #expect(sink.bytes.count == body.utf8.count)
                #expect(!store.requests.isEmpty)
            }
        }
    }
}

private final class CollectingSink: ResponseSink {
    private let limit: Int
    private(set) var bytes: [UInt8] = []
    private(set) var begins = 0
    var onReceive: () -> Void = {}

    init(limit: Int = .max) {
        self.limit = limit
    }

    func begin() { begins += 1 }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        self.bytes += bytes
        onReceive()
        return self.bytes.count < limit
    }
}

extension HTTPError {
    fileprivate var caseName: String? { Mirror(reflecting: self).children.first?.label }
}
