import HTTP
import JSON
import Web

/// The failures that answers of Slack tell of.
extension SlackError {
    /// Slack's codes are shorter; another server's answer must not fill the log.
    private static let longestCode = 80

    private static let layoutCodes = [
        "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments", "invalid_payload",
    ]

    /// Whether Slack refused the layout of a message, so that the text alone may be posted.
    var isAboutLayout: Bool {
        if case .refused(let code) = self { Self.layoutCodes.contains(code) } else { false }
    }

    /// The failure when no whole answer came.
    init(_ error: HTTPError) {
        switch error {
        case .timedOut, .connectionLost, .tooLarge, .refusedBySink: self = .unclear("\(error)")
        case .unreachable, .untrusted, .invalidRequest: self = .unavailable("\(error)")
        }
    }

    /// The failure that the status of an answer tells of, nil when that is for the body to say.
    init?(status response: HTTPResponse) {
        switch response.status {
        case 429: self = .rateLimited(seconds: Self.pause(response))
        case 503: self = .unavailable("HTTP 503")
        case 500...: self = .unclear("HTTP \(response.status)")
        default: return nil
        }
    }

    /// The failure that a webhook tells of, in a bare word such as `no_service`.
    init?(webhook response: HTTPResponse) {
        guard !response.isSuccess else { return nil }
        let word = String(decoding: response.body.prefix(Self.longestCode), as: UTF8.self)
        self = .refused(word.isEmpty ? "HTTP \(response.status)" : word)
    }

    /// Reads an answer of the Web API, whose errors come with status 200.
    static func answer(in response: HTTPResponse) throws(SlackError) -> JSONValue {
        guard let answer = try? JSONValue(parsing: response.body), case .bool(let isOK) = answer["ok"] else {
            throw .unclear("status \(response.status) without an answer that can be read")
        }
        if isOK { return answer }
        let code = answer["error"]?.string.map { String($0.prefix(longestCode)) } ?? "unknown_error"
        switch code {
        case "ratelimited", "rate_limited": throw .rateLimited(seconds: pause(response))
        case "service_unavailable", "request_timeout": throw .unavailable(code)
        // Slack says of these that a part of the operation may have succeeded.
        case "fatal_error", "internal_error": throw .unclear(code)
        default: throw .refused(code)
        }
    }

    private static func pause(_ response: HTTPResponse) -> Int {
        max(1, response.headers["Retry-After"].flatMap { Int($0) } ?? 1)
    }
}
