import Alerting
import HTTP
import JSON
import Time
import Web

/// Posts channel alerts as JSON to a web address of your own.
final class WebhookNotifier: Notifier {
    private let http: HTTPClient
    private let url: URL

    init(http: HTTPClient, url: URL) {
        self.http = http
        self.url = url
    }

    // Different from every other notifier's, so that each alert goes out once through each.
    func alertName(for target: AlertTarget) -> String { "webhook_\(target.rawValue)" }

    func place(
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) -> Result<AlertPlace, Delivery.SkipReason> {
        guard target == .channel else { return .failure(.targetNotSet) }
        return .success(AlertPlace(conversation: url.path, gathering: .none))
    }

    func deliver(_ posting: AlertPosting, before deadline: Deadline) throws(NotifierError) -> Delivery {
        let words = AlertText(posting.query)
        let body: JSONValue = [
            "user": .string(posting.query.user), "scanned": .string(words.size), "cost": .string(words.cost),
        ]
        let request = HTTPRequest(
            method: "POST",
            url: url,
            headers: ["Content-Type": "application/json"],
            body: Array(body.serialized().utf8),
            // It must not arrive twice.
            isRepeatable: false
        )
        let response: HTTPResponse
        do {
            response = try http.perform(request, before: deadline)
        } catch .timedOut(let reason), .connectionLost(let reason) {
            throw .unclear(reason)
        } catch {
            throw .notDelivered("\(error)")
        }
        guard response.isSuccess else { throw .notDelivered("HTTP \(response.status)") }
        return .delivered()
    }
}
