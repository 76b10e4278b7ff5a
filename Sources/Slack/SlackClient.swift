package import HTTP
import JSON
import System
package import Time
package import Web

/// Calls Slack's Web API and incoming webhooks.
///
/// https://docs.slack.dev/apis/web-api
package final class SlackClient {
    private static let defaultAPI = URL(origin: Origin(scheme: .https, host: "slack.com"), path: "/api/")

    private let http: HTTPClient
    private let api: URL
    private let pause: (Duration) -> Void

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - http: carries the requests.
    ///   - api: another address than Slack's own, which must be `https` or on this machine: the token goes there.
    ///   - pause: waits when Slack asks for that.
    /// - Throws: ``SlackError/unavailable(_:)`` for an address that would show the token to the network.
    package init(
        http: HTTPClient,
        api: String?,
        pause: @escaping (Duration) -> Void = Pause.sleep
    ) throws(SlackError) {
        guard let url = api.map({ URL($0) }) ?? Self.defaultAPI, url.origin.isConfidential else {
            throw .unavailable("SLACK_API_URL must begin with https://")
        }
        self.http = http
        self.api = url
        self.pause = pause
    }

    /// Posts a message to a channel or a conversation.
    ///
    /// - Returns: the message's place, nil when Slack does not tell it.
    @discardableResult
    package func postMessage(
        _ message: SlackMessage,
        to destination: SlackDestination,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) -> SlackMessage.Place? {
        try post(message) { message throws(SlackError) in
            var request = request(
                "chat.postMessage",
                json: .object(destination.members + message.members),
                token: token
            )
            request.isRepeatable = false
            let answer = try SlackError.answer(in: send(request, before: deadline))
            guard let channel = answer["channel"]?.string, let timestamp = answer["ts"]?.string else { return nil }
            return SlackMessage.Place(channel: channel, timestamp: timestamp)
        }
    }

    /// Replaces a message that this app has posted. Doing it twice is the same as once.
    package func updateMessage(
        at place: SlackMessage.Place,
        to message: SlackMessage,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) {
        try post(message) { message throws(SlackError) in
            let request = request("chat.update", json: .object(place.members + message.members), token: token)
            _ = try SlackError.answer(in: send(request, before: deadline))
        }
    }

    /// The id of the conversation with a user.
    package func openConversation(
        with userID: String,
        token: String,
        before deadline: Deadline
    ) throws(SlackError) -> String {
        let request = request("conversations.open", json: ["users": .string(userID)], token: token)
        let answer = try SlackError.answer(in: send(request, before: deadline))
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
            body: Array([(name: "email", value: email)].formEncoded.utf8),
            contentType: "application/x-www-form-urlencoded",
            token: token
        )
        let answer: JSONValue
        do {
            answer = try SlackError.answer(in: send(request, before: deadline))
        } catch .refused("users_not_found") {
            return nil
        }
        guard let id = answer["user"]?["id"]?.string, !id.isEmpty else {
            throw .unavailable("users.lookupByEmail named no user")
        }
        return id
    }

    /// Posts a message to the channel of an incoming webhook.
    package func post(
        _ message: SlackMessage,
        webhook: URL,
        before deadline: Deadline
    ) throws(SlackError) {
        try post(message) { message throws(SlackError) in
            let request = HTTPRequest(
                method: "POST",
                url: webhook,
                headers: ["Content-Type": "application/json; charset=utf-8"],
                body: Array(JSONValue.object(message.members).serialized().utf8),
                isRepeatable: false
            )
            if let error = SlackError(webhook: try send(request, before: deadline)) { throw error }
        }
    }

    /// Posts a message, and a simpler one when Slack refuses the layout.
    private func post<Answer>(
        _ message: SlackMessage,
        by post: (SlackMessage) throws(SlackError) -> Answer
    ) throws(SlackError) -> Answer {
        do throws(SlackError) {
            return try post(message)
        } catch {
            guard error.isAboutLayout, let simpler = message.simpler else { throw error }
            return try self.post(simpler, by: post)
        }
    }

    func request(_ method: String, json: JSONValue, token: String) -> HTTPRequest {
        let body = Array(json.serialized().utf8)
        return request(method, body: body, contentType: "application/json; charset=utf-8", token: token)
    }

    private func request(_ method: String, body: [UInt8], contentType: String, token: String) -> HTTPRequest {
        HTTPRequest(
            method: "POST",
            url: api.appending("/\(method)"),
            headers: ["Authorization": "Bearer \(token)", "Content-Type": contentType],
            body: body
        )
    }

    /// Sends a request, and once more when the retry policy says so.
    func send(
        _ request: HTTPRequest,
        before deadline: Deadline
    ) throws(SlackError) -> HTTPResponse {
        do {
            return try sendOnce(request, before: deadline)
        } catch {
            let decision = SlackRetryPolicy.decision(after: error, remaining: deadline.remaining)
            guard case .retry(let delay) = decision else { throw error }
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
            throw SlackError(error)
        }
        if let error = SlackError(status: response) { throw error }
        return response
    }
}
