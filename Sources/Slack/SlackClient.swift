package import HTTP
import JSON
package import Time
import Web

/// Slack's Web API and incoming webhooks.
///
/// https://docs.slack.dev/apis/web-api
package final class SlackClient {
    private static let defaultAPI = "https://slack.com/api/"
    /// Slack's codes are shorter; whatever else answers must not fill the log.
    private static let longestCode = 80

    private let http: HTTPClient
    private let api: String
    private let pause: (Duration) -> Void

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - http: carries the requests.
    ///   - api: another address than Slack's own, which must be `https` or on this machine: the token goes there.
    ///   - pause: waits when Slack asks for that.
    /// - Throws: ``SlackError/unavailable(_:)`` for an address that would show the token to the network.
    package init(http: HTTPClient, api: String?, pause: @escaping (Duration) -> Void) throws(SlackError) {
        let api = api ?? Self.defaultAPI
        guard Origin(api)?.isConfidential == true else { throw .unavailable("SLACK_API_URL must begin with https://") }
        self.http = http
        self.api = api.hasSuffix("/") ? api : api + "/"
        self.pause = pause
    }

    /// Posts a message to a channel or a conversation.
    package func postMessage(
        _ message: SlackMessage,
        to channel: String,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) {
        do {
            try post(message, to: channel, token: token, before: deadline)
        } catch .refused(let code) where Self.isAboutLayout(code) && !message.blocks.isEmpty {
            try post(message.withoutBlocks, to: channel, token: token, before: deadline)
        }
    }

    private func post(
        _ message: SlackMessage,
        to channel: String,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) {
        let body = JSONValue.object([JSONValue.Member("channel", .string(channel))] + message.members)
        var request = request("chat.postMessage", json: body, token: token)
        request.isRepeatable = false
        _ = try callAPI(request, before: deadline)
    }

    /// The id of the conversation with a user.
    package func openConversation(
        with userID: String,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) -> String {
        let request = request("conversations.open", json: ["users": .string(userID)], token: token)
        let answer = try callAPI(request, before: deadline)
        guard let id = answer["channel"]?["id"]?.string, !id.isEmpty else {
            throw .unavailable("conversations.open named no conversation")
        }
        return id
    }

    /// The id of the user with an e-mail address, nil when Slack knows none.
    package func userID(
        email: String,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) -> String? {
        // This method alone does not take JSON.
        let request = self.request(
            "users.lookupByEmail",
            body: Array("email=\(email.percentEncoded())".utf8),
            contentType: "application/x-www-form-urlencoded",
            token: token
        )
        do {
            let answer = try callAPI(request, before: deadline)
            return answer["user"]?["id"]?.string
        } catch .refused("users_not_found") {
            return nil
        }
    }

    /// Posts a message to the channel of an incoming webhook.
    package func post(
        _ message: SlackMessage,
        webhook: String,
        before deadline: Deadline
    ) throws(SlackError) {
        do {
            try postOnce(message, webhook: webhook, before: deadline)
        } catch .refused(let code) where Self.isAboutLayout(code) && !message.blocks.isEmpty {
            try postOnce(message.withoutBlocks, webhook: webhook, before: deadline)
        }
    }

    private func postOnce(
        _ message: SlackMessage,
        webhook: String,
        before deadline: Deadline
    ) throws(SlackError) {
        let request = HTTPRequest(
            method: "POST",
            url: webhook,
            headers: ["Content-Type": "application/json; charset=utf-8"],
            body: Array(JSONValue.object(message.members).serialized().utf8),
            isRepeatable: false
        )
        let response = try send(request, before: deadline)
        guard response.isSuccess else {
            // Webhooks answer with a bare word, such as no_service.
            let word = String(decoding: response.body.prefix(Self.longestCode), as: UTF8.self)
            throw .refused(word.isEmpty ? "HTTP \(response.status)" : word)
        }
    }

    private func request(_ method: String, json: JSONValue, token: String) -> HTTPRequest {
        let body = Array(json.serialized().utf8)
        return request(method, body: body, contentType: "application/json; charset=utf-8", token: token)
    }

    private func request(_ method: String, body: [UInt8], contentType: String, token: String) -> HTTPRequest {
        HTTPRequest(
            method: "POST",
            url: api + method,
            headers: ["Authorization": "Bearer \(token)", "Content-Type": contentType],
            body: body
        )
    }

    /// Makes a call of the Web API, whose errors come with status 200.
    private func callAPI(
        _ request: HTTPRequest,
        before deadline: Deadline
    ) throws(SlackError) -> JSONValue {
        let response = try send(request, before: deadline)
        guard let answer = try? JSONValue(parsing: response.body), case .bool(let isOK) = answer["ok"] else {
            throw .unclear("status \(response.status) without an answer that can be read")
        }
        if isOK { return answer }
        let code = answer["error"]?.string.map { String($0.prefix(Self.longestCode)) } ?? "unknown_error"
        switch code {
        case "ratelimited", "rate_limited": throw .rateLimited(seconds: Self.retryAfter(response))
        case "service_unavailable", "request_timeout": throw .unavailable(code)
        // Of these, Slack says that a part of the operation may have succeeded.
        case "fatal_error", "internal_error": throw .unclear(code)
        default: throw .refused(code)
        }
    }

    /// Sends a request, a second time when Slack asked for a pause that still fits or was not reached at all.
    private func send(
        _ request: HTTPRequest,
        before deadline: Deadline
    ) throws(SlackError) -> HTTPResponse {
        do {
            return try sendOnce(request, before: deadline)
        } catch {
            let delay: Duration
            switch error {
            case .rateLimited(let seconds): delay = .seconds(seconds)
            case .unavailable: delay = .milliseconds(500)
            case .refused, .unclear: throw error
            }
            guard deadline.allows(delay + .seconds(1)) else { throw error }
            pause(delay)
            return try sendOnce(request, before: deadline)
        }
    }

    private func sendOnce(
        _ request: HTTPRequest,
        before deadline: Deadline
    ) throws(SlackError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try http.perform(request, before: deadline)
        } catch {
            switch error {
            case .timedOut, .connectionLost, .tooLarge, .refusedBySink: throw .unclear("\(error)")
            case .unreachable, .untrusted, .invalidRequest: throw .unavailable("\(error)")
            }
        }
        if response.status == 429 { throw .rateLimited(seconds: Self.retryAfter(response)) }
        if response.status == 503 { throw .unavailable("HTTP 503") }
        if response.status >= 500 { throw .unclear("HTTP \(response.status)") }
        return response
    }

    private static func retryAfter(_ response: HTTPResponse) -> Int {
        max(1, response.headers["Retry-After"].flatMap { Int($0) } ?? 1)
    }

    private static func isAboutLayout(_ code: String) -> Bool {
        ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments", "invalid_payload"]
            .contains(code)
    }
}
