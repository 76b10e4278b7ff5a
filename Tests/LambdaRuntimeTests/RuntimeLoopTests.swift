import Foundation
import HTTP
import JSON
import LoopbackServer
import Synchronization
import System
import Testing
import Time

@testable import LambdaRuntime

/// Serialized, because the trace id is in the environment, which all tests of the process share.
@Suite(.serialized) struct RuntimeLoopTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "broken \"here\"\n\u{1}"
    }

    private struct Handler: LambdaHandler {
        let body: (JSONValue, InvocationContext) throws -> JSONValue

        func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
            try body(event, context)
        }
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private func event(_ body: String, trace: String? = "Root=1-a", id: String = "r1") -> Answer {
        var headers = [
            "Lambda-Runtime-Aws-Request-Id": id,
            "Lambda-Runtime-Deadline-Ms": "\(Timestamp.now.millisecondsSince1970 + 10_000)",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
        ]
        headers["Lambda-Runtime-Trace-Id"] = trace
        return .reply(200, headers: headers, body: body)
    }

    private func run(
        _ server: LoopbackServer,
        lines: Lines = Lines(),
        _ body: @escaping (JSONValue, InvocationContext) throws -> JSONValue
    ) throws {
        let log = Log(level: .info) { lines.add($0) }
        let environment: Environment = [
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(server.port)", "AWS_LAMBDA_FUNCTION_NAME": "f",
        ]
        try RuntimeLoop(environment: environment, http: HTTPClient(), log: log).run { Handler(body: body) }
    }

    @Test func anEventIsAnswered() throws {
        try LoopbackServer.run(event(#"{"a":1}"#), .reply(202)) { (server) throws in
            #expect(throws: RuntimeError.self) {
                try run(server) { event, context in
                    #expect(event == ["a": 1])
                    #expect(context.accountID == "123456789012")
                    let remaining = context.deadline.remaining
                    #expect(remaining > .seconds(5) && remaining <= .seconds(10))
                    #expect(getenv("_X_AMZN_TRACE_ID").map { String(cString: $0) } == "Root=1-a")
                    return [:]
                }
            }
            #expect(
                server.requests.map(\.line).prefix(2) == [
                    "GET /2018-06-01/runtime/invocation/next HTTP/1.1",
                    "POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1",
                ]
            )
            #expect(server.requests[1].body == "{}")
            #expect(server.requests[1].headers["content-type"] == "application/json")
        }
    }

    @Test func anotherEventFollowsAnErrorWhichIsValidJSONForAnyText() throws {
        let lines = Lines()
        try LoopbackServer.run(event("1"), .reply(202), event("2", trace: nil, id: "r2"), .reply(202)) {
            (server) throws in
            #expect(throws: RuntimeError.self) {
                try run(server, lines: lines) { event, context in
                    context.metrics.add("Things", 2)
                    if event == 1 { throw Failure() }
                    #expect(getenv("_X_AMZN_TRACE_ID") == nil)
                    return .null
                }
            }
            let report = server.requests[1]
            #expect(report.line == "POST /2018-06-01/runtime/invocation/r1/error HTTP/1.1")
            #expect(report.headers["lambda-runtime-function-error-type"] == "Function.Failure")
            let body = try JSONSerialization.jsonObject(with: Data(report.body.utf8)) as? [String: Any]
            #expect(body?["errorMessage"] as? String == Failure().description)
            #expect(body?["errorType"] as? String == "Failure")
            #expect(server.requests[3].line == "POST /2018-06-01/runtime/invocation/r2/response HTTP/1.1")
        }
        let parsed = try lines.all.map { try JSONValue(parsing: $0.utf8) }
        #expect(parsed.count { $0["Things"] == 2 } == 2)
        #expect(parsed.contains { $0["level"] == "ERROR" && $0["request_id"] == "r1" })
        #expect(!lines.all.contains { $0.contains("\n") })
    }

    @Test func aHandlerThatCannotStartIsReported() throws {
        try LoopbackServer.run(.reply(202)) { (server) throws in
            let environment: Environment = ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(server.port)"]
            let loop = try RuntimeLoop(environment: environment, http: HTTPClient(), log: Log(level: .error) { _ in })
            #expect(throws: Failure.self) { try loop.run { throw Failure() } }
            #expect(server.requests.first?.line == "POST /2018-06-01/runtime/init/error HTTP/1.1")
        }
    }

    @Test func aContainerErrorEndsTheProcess() throws {
        try LoopbackServer.run(event("1"), .reply(500), event("2")) { (server) throws in
            #expect(throws: RuntimeError.self) { try run(server) { _, _ in [:] } }
            #expect(server.requests.count == 2)
        }
    }

    @Test func anAnswerThatLambdaRefusesBecomesAnError() throws {
        try LoopbackServer.run(event("1"), .reply(413), .reply(202)) { (server) throws in
            #expect(throws: RuntimeError.self) { try run(server) { _, _ in [:] } }
            #expect(server.requests[2].line == "POST /2018-06-01/runtime/invocation/r1/error HTTP/1.1")
        }
    }

    private struct DeafHandler: LambdaHandler {
        let ignoresEvent = true

        func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue { event }
    }

    @Test func aHandlerThatIgnoresEventsGetsNullForAnyEvent() throws {
        try LoopbackServer.run(event("{"), .reply(202)) { (server) throws in
            let environment: Environment = ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(server.port)"]
            let loop = try RuntimeLoop(environment: environment, http: HTTPClient(), log: Log(level: .error) { _ in })
            #expect(throws: RuntimeError.self) { try loop.run { DeafHandler() } }
            #expect(server.requests[1].line == "POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1")
            #expect(server.requests[1].body == "null")
        }
    }

    @Test func anEventThatIsNotJSONFailsAndTheNextIsHandled() throws {
        try LoopbackServer.run(event("{"), .reply(202), event("2"), .reply(202)) { (server) throws in
            #expect(throws: RuntimeError.self) { try run(server) { _, _ in [:] } }
            #expect(server.requests[1].line == "POST /2018-06-01/runtime/invocation/r1/error HTTP/1.1")
            #expect(server.requests[1].body.contains("not valid JSON"))
            #expect(server.requests[3].line == "POST /2018-06-01/runtime/invocation/r1/response HTTP/1.1")
        }
    }

    @Test func anEventWithoutItsHeadersEndsTheLoop() throws {
        try LoopbackServer.run(.reply(200, body: "{}")) { (server) throws in
            #expect(throws: RuntimeError.self) { try run(server) { _, _ in [:] } }
            #expect(server.requests.count == 1)
        }
    }

    @Test func outsideOfLambdaTheErrorSaysSo() {
        #expect(throws: RuntimeError.notInLambda(variable: "AWS_LAMBDA_RUNTIME_API")) {
            try RuntimeLoop(environment: [:], http: HTTPClient(), log: Log(level: .error) { _ in })
        }
    }

    // MARK: - Log and metrics

    @Test func linesBelowTheLevelAreLeftOut() {
        let lines = Lines()
        let log = Log(level: .warn) { lines.add($0) }.with("handler", "h")
        log(.info, "quiet")
        log(.error, "loud", .init("n", 1))
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.hasSuffix(#""level":"ERROR","message":"loud","handler":"h","n":1}"#) == true)
    }

    @Test func metricsAreOneObjectInTheEmbeddedFormat() throws {
        let metrics = Metrics()
        metrics.add("A")
        metrics.add("A", 2)
        metrics.add("B", 0)
        let line = try #require(
            metrics.line(functionName: "f", requestID: "r", at: Timestamp(millisecondsSince1970: 1500))
        )
        let expected =
            #"{"_aws":{"Timestamp":1500,"CloudWatchMetrics":[{"Namespace":"AthenaAlerter","#
            + #""Dimensions":[["FunctionName"]],"Metrics":[{"Name":"A","Unit":"Count"},{"Name":"B","Unit":"Count"}]}]},"#
            + #""FunctionName":"f","request_id":"r","A":3,"B":0}"#
        #expect(line == expected)
        #expect(Metrics().line(functionName: "f", requestID: "r", at: .now) == nil)
    }

    @Test func timesAreWholeSecondsAndAsManyAsCloudWatchTakes() throws {
        let metrics = Metrics()
        metrics.note("T", .milliseconds(2900))
        metrics.note("T", .seconds(-1))
        let line = try #require(metrics.line(functionName: "f", requestID: "r", at: .now))
        #expect(line.contains(#""Metrics":[{"Name":"T","Unit":"Seconds"}]"#) && line.hasSuffix(#","T":[2,0]}"#))
        for _ in 0..<200 { metrics.note("T", .zero) }
        #expect(metrics.seconds(of: "T").count == 100)
    }
}
