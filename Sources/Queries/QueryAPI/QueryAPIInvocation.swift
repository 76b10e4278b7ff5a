import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Time
import Web

/// One invocation of `query_api`: a request on its way to an answer.
struct QueryAPIInvocation {
    /// The time that the answer takes after the last call.
    private static let reserve = Duration.seconds(1)
    private static let tenantHeader = "X-TREBUCHET-TENANT-ID"

    let request: APIRequest
    let context: InvocationContext
    let athena: any QueryServing
    let settings: QueryAPISettings

    /// Answers the request, and counts it with its answer.
    func answer() -> APIResponse {
        let response: APIResponse
        do throws(QueryFailure) {
            response = try result()
        } catch {
            response = self.response(to: error)
        }
        context.metrics.add("Requests")
        context.metrics.add("Answers\(response.status / 100)xx")
        return response
    }

    private func response(to failure: QueryFailure) -> APIResponse {
        let told = settings.withholdsReasons ? failure.withholdingReason : failure
        let response = told.response
        let isServersFault = response.status >= 500
        if let detail = failure.detail, isServersFault || failure.reason == .hiddenQuery || told != failure {
            let level = isServersFault ? Log.Level.error : .warn
            context.log(level, "Athena did not serve a request", JSONValue.Member("reason", .string(detail)))
        }
        // The clients of the service that this one replaces know no 5xx.
        return isServersFault && request.isCompatible ? APIResponse(status: 400, text: response.text) : response
    }

    private func result() throws(QueryFailure) -> APIResponse {
        try checkKey()
        let route = try QueryAPIRoute(request)
        if route == .document {
            let text = OpenAPIDocument.text(longestRetention: settings.longestRetention)
            return APIResponse(status: 200, text: text)
        }
        let queries = TenantQueries(
            results: try tenantResults(),
            request: request,
            deadline: context.deadline(reserving: Self.reserve),
            athena: athena,
            withholdsReasons: settings.withholdsReasons
        )
        switch route {
        case .submit: return try queries.submit(settings, context)
        case .status(let id): return try queries.status(id)
        case .cancel(let id): return try queries.cancel(id)
        case .next: return try queries.next()
        case .document: throw QueryFailure(.noSuchPath)
        }
    }

    private func checkKey() throws(QueryFailure) {
        guard let key = settings.key else { return }
        // Hashes are compared, so that the time that it takes tells nothing of the key.
        guard QueryRequest.token(for: request.headers["x-api-key"] ?? "") == QueryRequest.token(for: key) else {
            throw QueryFailure(.unauthorized)
        }
    }

    private func tenantResults() throws(QueryFailure) -> TenantResults {
        guard let name = request.headers[Self.tenantHeader], ClientName.isValid(name) else {
            let problem = "the header \(Self.tenantHeader) is missing or \(ClientName.problem)"
            throw QueryFailure(.invalidRequest(problem))
        }
        guard !request.caller.isNameless else {
            throw QueryFailure(
                .forbidden("the gateway's authorizer does not say who this is: its context needs a principalId")
            )
        }
        return TenantResults(root: settings.output, name: name, caller: request.caller)
    }
}

/// A text with which a client names something: a tenant or an idempotency key.
enum ClientName {
    private static let longest = 256

    /// Whether a name can be told from others: it has a visible character, and is not too long.
    static func isValid(_ text: String) -> Bool {
        text.unicodeScalars.count <= longest && text.unicodeScalars.contains { ("!"..."~").contains($0) }
    }

    /// The description of a name that is not valid.
    static let problem = "without a visible ASCII character, or longer than \(longest) characters"
}

extension APIRequest {
    /// Whether the caller expects answers in the form of the service that this one replaces.
    var isCompatible: Bool { query["compat"] == "v0code" }
}
