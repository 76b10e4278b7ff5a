import HTTP
import JSON
import LambdaRuntime
import Reporting
import Testing
import Time

@testable import AWS
@testable import Alerter

@Suite struct PageHandlerTests {
    private final class FakePages: HistoryStore {
        var asked: [String] = []
        var failure: AWSError?
        var page = Array("a page".utf8)

        func put(_ body: [UInt8], at key: String, contentType: String, before deadline: Deadline) throws(AWSError) {}

        func keys(in folder: String, before deadline: Deadline) throws(AWSError) -> [String] { [] }

        func download(_ key: String, into sink: any ResponseSink, before deadline: Deadline) throws(AWSError) {
            asked.append(key)
            if let failure { throw failure }
            sink.begin()
            _ = page.withUnsafeBytes { sink.receive($0) }
        }
    }

    private let pages = FakePages()
    private let link = PageLink(secret: "a secret of more than 32 characters")
    private let now = Timestamp(secondsSince1970: 1_795_000_000)
    private let metrics = Metrics()

    private func ask(_ target: String, method: String = "GET") throws -> JSONValue {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let now = now
        let handler = PageHandler(link: link, history: pages, now: { now })
        let event: JSONValue = [
            "version": "2.0", "rawPath": .string(parts[0]), "rawQueryString": .string(parts.count > 1 ? parts[1] : ""),
            "requestContext": ["http": ["method": .string(method)]],
        ]
        return try handler.handle(event, context(metrics))
    }

    private var target: String { link.target(of: Period(.month, containing: now), at: now) }

    @Test func aLinkShowsItsPage() throws {
        let answer = try ask(target)
        #expect(answer["statusCode"] == 200)
        #expect(answer["body"] == "a page")
        #expect(answer["headers"]?["Cache-Control"] == "private, max-age=300")
        #expect(pages.asked == ["pages/month/2026-11.html"])
    }

    @Test(arguments: ["/", "/month/2026-11.html", "/month/../../queries/x", "/favicon.ico"])
    func everythingElseIsForbiddenAndAsksForNothing(_ other: String) throws {
        let query = target.split(separator: "?")[1]
        for target in [other, "\(other)?", other == "/month/2026-11.html" ? other : "\(other)?\(query)"] {
            let answer = try ask(target)
            #expect(answer["statusCode"] == 403)
            #expect(answer["body"] == "Forbidden\n")
        }
        #expect(pages.asked.isEmpty)
        #expect(metrics["PagesRefused"] == 3)
    }

    @Test func aDamagedPageIsNotShown() {
        pages.page = [0x61, 0xFF]
        let error = #expect(throws: HandlerError.self) { try ask(target) }
        #expect(error?.description.contains("pages/month/2026-11.html is damaged") == true)
        #expect(metrics["PagesShown"] == 0)
    }

    @Test func onlyGetIsAllowed() throws {
        #expect(try ask(target, method: "POST")["statusCode"] == 403)
    }

    @Test(arguments: [JSONValue.null, [:], ["rawPath": 1], "text"])
    func anotherEventIsForbidden(_ event: JSONValue) throws {
        let handler = PageHandler(link: link, history: pages)
        #expect(try handler.handle(event, context())["statusCode"] == 403)
    }

    @Test func aFailureOfS3FailsTheRequest() {
        pages.failure = unavailable
        #expect(throws: AWSError.self) { try ask(target) }
    }
}
