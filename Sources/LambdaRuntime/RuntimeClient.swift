import HTTP
import JSON
import System
import Time
import Web

/// An error that ends the runtime loop.
package enum RuntimeError: Error, Equatable, Sendable {
    /// A variable that Lambda sets is missing.
    case notInLambda(variable: String)
    /// The Runtime API failed, or gave an unexpected answer.
    case brokenInterface(String)
}

extension RuntimeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notInLambda(let variable): "\(variable) is not set: this is not an AWS Lambda environment"
        case .brokenInterface(let reason): "the Lambda Runtime API failed: \(reason)"
        }
    }
}

/// One event with Lambda's facts about it.
struct Invocation: Equatable {
    let requestID: String
    let functionARN: String
    let traceID: String?
    /// The time at which Lambda stops the function, in milliseconds since 1970.
    let deadlineMilliseconds: Int64
    let event: [UInt8]

    init(_ response: HTTPResponse) throws(RuntimeError) {
        guard let id = response.headers["Lambda-Runtime-Aws-Request-Id"] else {
            throw .brokenInterface("an event has no request id")
        }
        let deadlineHeader = "Lambda-Runtime-Deadline-Ms"
        guard let deadline = response.headers[deadlineHeader].flatMap({ Int64($0) }) else {
            let found = response.headers[deadlineHeader].map { "'\($0)'" } ?? "none"
            throw .brokenInterface("\(deadlineHeader): expected milliseconds since 1970, found \(found)")
        }
        requestID = id
        deadlineMilliseconds = deadline
        functionARN = response.headers["Lambda-Runtime-Invoked-Function-Arn"] ?? ""
        traceID = response.headers["Lambda-Runtime-Trace-Id"]
        event = response.body
    }

    /// The event's JSON, parsed once for the handler.
    func parsedEvent() throws(HandlerError) -> JSONValue {
        do {
            return try JSONValue(parsing: event)
        } catch {
            throw .unknownEvent("\(error)")
        }
    }

    /// The deadline on the clock that goes on while this machine's time of day is corrected.
    func deadline(now: Timestamp = .now) -> Deadline {
        .after(Timestamp(millisecondsSince1970: deadlineMilliseconds) - now)
    }
}

/// An error in the form that Lambda expects.
struct ErrorReport {
    let type: String
    let message: String

    init(_ error: any Error) {
        type = String(describing: Swift.type(of: error))
        message = String(describing: error)
    }

    var body: [UInt8] {
        let report: JSONValue = [
            "errorMessage": .string(message), "errorType": .string(type), "stackTrace": [],
        ]
        return Array(report.serialized().utf8)
    }
}

/// Calls Lambda's Runtime API.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
struct RuntimeClient {
    private let http: HTTPClient
    private let base: URL

    init(environment: Environment, http: HTTPClient) throws(RuntimeError) {
        guard let address = environment["AWS_LAMBDA_RUNTIME_API"] else {
            throw .notInLambda(variable: "AWS_LAMBDA_RUNTIME_API")
        }
        guard let base = URL("http://\(address)/2018-06-01/runtime") else {
            throw .brokenInterface("AWS_LAMBDA_RUNTIME_API must be a host and a port, found '\(address)'")
        }
        self.http = http
        self.base = base
    }

    /// Waits for the next event, without a timeout: Lambda may freeze the process meanwhile.
    func next() throws(RuntimeError) -> Invocation {
        let request = HTTPRequest(url: base.appending("/invocation/next"), timeout: nil, usesProxy: false)
        let response = try send(request)
        guard response.isSuccess else { throw .brokenInterface("invocation/next answered HTTP \(response.status)") }
        return try Invocation(response)
    }

    /// Answers an event.
    ///
    /// - Returns: whether Lambda accepted the answer; it refuses one that is too long.
    func respond(to invocation: Invocation, _ body: [UInt8]) throws(RuntimeError) -> Bool {
        try post("invocation/\(invocation.requestID)/response", body)
    }

    /// Reports that an event could not be handled.
    func fail(_ invocation: Invocation, _ report: ErrorReport) throws(RuntimeError) {
        _ = try post("invocation/\(invocation.requestID)/error", report)
    }

    /// Reports that the function cannot start.
    func failInitialization(_ report: ErrorReport) throws(RuntimeError) {
        _ = try post("init/error", report)
    }

    private func post(_ path: String, _ report: ErrorReport) throws(RuntimeError) -> Bool {
        try post(path, report.body, headers: ["Lambda-Runtime-Function-Error-Type": "Function.\(report.type)"])
    }

    private func post(_ path: String, _ body: [UInt8], headers: HTTPHeaders = [:]) throws(RuntimeError) -> Bool {
        var request = HTTPRequest(
            method: "POST",
            url: base.appending("/\(path)"),
            headers: headers,
            body: body,
            usesProxy: false
        )
        request.headers.append("Content-Type", "application/json")
        let response = try send(request)
        // A status of 500 or more is a container error, after which the process must exit.
        guard response.status < 500 else { throw .brokenInterface("\(path) answered HTTP \(response.status)") }
        return response.isSuccess
    }

    private func send(_ request: HTTPRequest) throws(RuntimeError) -> HTTPResponse {
        do {
            return try http.perform(request, before: nil)
        } catch {
            throw .brokenInterface("\(error)")
        }
    }
}
