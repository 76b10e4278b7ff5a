import AWS
import HTTP
import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import Time
import Web

/// The REST service over Athena: submit a query, ask how it stands, read its rows page by page, cancel it.
///
/// Nothing is kept between requests: Athena knows the queries, and where a result is says whose it is and until when.
struct QueryAPI: LambdaHandler {
    /// What it takes to answer after the last call.
    private static let reserve = Duration.seconds(1)
    /// The header that names the tenant.
    private static let tenantHeader = "X-TREBUCHET-TENANT-ID"
    /// How long a tenant's name or a client's key may be, in characters.
    private static let longestName = 256
    private static let longestQuery = 262_144

    let athena: Athena
    let settings: QueryAPISettings

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        guard let request = APIRequest(event) else {
            throw HandlerError.unknownEvent("it is no request over HTTP")
        }
        let answer = answer(request, context)
        context.metrics.add("Requests")
        context.metrics.add("Answers\(answer.status / 100)xx")
        return answer.json
    }

    private func answer(_ request: APIRequest, _ context: InvocationContext) -> APIResponse {
        do throws(QueryFailure) {
            return try route(request, context)
        } catch {
            if let detail = error.detail, error.status >= 500 {
                context.log(.error, "Athena did not serve a request", JSONValue.Member("reason", .string(detail)))
            }
            // The first programs of this service knew no 5xx.
            guard error.status >= 500, request.isCompatible else { return error.response }
            return APIResponse(status: 400, text: error.response.text)
        }
    }

    // MARK: - Routes

    private func route(_ request: APIRequest, _ context: InvocationContext) throws(QueryFailure) -> APIResponse {
        try checkKey(of: request)
        let path = request.path
        // A stage or a base path may come first.
        let base = path.indices.dropLast().first {
            path[$0] == "v0" && ["data_hist", "lme_hist"].contains(path[$0 + 1])
        }
        guard let base else { throw .noSuchPath }
        let rest = Array(path[(base + 2)...])
        let method: String
        switch (rest.first, rest.count) {
        case ("query", 1), ("next", 1), ("cancel", 2): method = "POST"
        case ("status", 2), ("openapi.json", 1): method = "GET"
        default: throw .noSuchPath
        }
        guard request.method == method else {
            var answer = QueryFailure(status: 405, code: "MethodNotAllowed", message: "use \(method)").response
            answer.headers.append(.init("Allow", .string(method)))
            return answer
        }
        if rest[0] == "openapi.json" {
            return APIResponse(
                status: 200,
                text: QueryAPIDocument.text(longestRetention: settings.longestRetention)
            )
        }
        let call = try Call(
            request: request,
            results: tenantResults(of: request),
            deadline: context.deadline(reserving: Self.reserve)
        )
        switch rest[0] {
        case "query": return try submit(call, context)
        case "next": return try next(call)
        case "cancel": return try cancel(rest[1], call)
        default: return try status(rest[1], call)
        }
    }

    /// What a request needs on its way.
    private struct Call {
        let request: APIRequest
        let results: TenantResults
        let deadline: Deadline
    }

    private func checkKey(of request: APIRequest) throws(QueryFailure) {
        guard let key = settings.key else { return }
        // Compared by their hashes, so that the time that it takes tells nothing of the key.
        guard QueryRequest.token(for: request.headers["x-api-key"] ?? "") == QueryRequest.token(for: key) else {
            throw QueryFailure(status: 401, code: "Unauthorized", message: "the header x-api-key is missing or wrong")
        }
    }

    private func tenantResults(of request: APIRequest) throws(QueryFailure) -> TenantResults {
        guard let name = request.headers[Self.tenantHeader], Self.isName(name) else {
            throw .invalid("the header \(Self.tenantHeader) is missing or \(Self.noName)")
        }
        guard !request.caller.isNameless else {
            throw QueryFailure(
                status: 403,
                code: "Forbidden",
                message: "the gateway's authorizer does not say who this is: its context needs a principalId"
            )
        }
        return TenantResults(root: settings.output, name: name, caller: request.caller)
    }

    /// Whether a text of a client's can tell something from another: it has a visible character, and an end.
    private static func isName(_ text: String) -> Bool {
        text.unicodeScalars.count <= longestName && text.unicodeScalars.contains { ("!"..."~").contains($0) }
    }

    private static let noName = "without a visible ASCII character, or longer than \(longestName) characters"

    // MARK: - Submit

    private func submit(_ call: Call, _ context: InvocationContext) throws(QueryFailure) -> APIResponse {
        let body = try APIRequestBody(call.request.body, members: ["query", "sql_query", "retention_minutes"])
        guard let sql = try body.text("query", "sql_query"), !sql.allSatisfy(\.isWhitespace) else {
            throw .invalid("query: expected the text of an SQL statement")
        }
        guard sql.utf8.count <= Self.longestQuery else {
            throw .invalid("query: expected at most \(Self.longestQuery) bytes")
        }
        let minutes = try body.number("retention_minutes", in: 1...settings.longestRetention) ?? settings.retention
        let checked: String
        do throws(ReadOnlySQL.Refusal) {
            checked = try settings.check.checked(sql)
        } catch {
            throw QueryFailure(status: 403, code: "Forbidden", message: error.reason)
        }
        let request = QueryRequest(
            sql: checked,
            token: try token(of: call, context),
            database: settings.database,
            outputLocation: call.results.folder(retentionMinutes: minutes),
            workgroup: settings.workgroup
        )
        let id: String
        do throws(AWSError) {
            id = try athena.start(request, before: call.deadline)
        } catch {
            throw QueryFailure(error)
        }
        context.metrics.add("QueriesStarted")
        return APIResponse(status: 200, body: call.request.isCompatible ? .string(id) : ["query_id": .string(id)])
    }

    /// The client's own key for the request, else the gateway's id: either makes a repetition known as one.
    private func token(of call: Call, _ context: InvocationContext) throws(QueryFailure) -> String {
        let tenant = call.results.tenant
        guard let key = call.request.headers["Idempotency-Key"] else {
            return QueryRequest.token(for: "request", tenant, call.request.id ?? context.requestID)
        }
        guard Self.isName(key) else { throw .invalid("the header Idempotency-Key is \(Self.noName)") }
        return QueryRequest.token(for: "key", tenant, key)
    }

    // MARK: - Status and cancel

    private func status(_ id: String, _ call: Call) throws(QueryFailure) -> APIResponse {
        let (execution, expiry) = try execution(id, call)
        if execution.state != .cancelled, let failure = QueryFailure(execution) { throw failure }
        return progress(execution, expiry, call)
    }

    private func cancel(_ id: String, _ call: Call) throws(QueryFailure) -> APIResponse {
        let (execution, _) = try execution(id, call)
        if !execution.hasEnded {
            do throws(AWSError) {
                try athena.stop(id, before: call.deadline)
            } catch {
                throw QueryFailure(error, of: id)
            }
        }
        let (stopped, expiry) = try self.execution(id, call)
        return progress(stopped, expiry, call)
    }

    private func progress(_ execution: QueryExecution, _ expiry: Timestamp?, _ call: Call) -> APIResponse {
        let state = execution.state.text
        guard !call.request.isCompatible else { return APIResponse(status: 200, body: ["status": .string(state)]) }
        let body: JSONValue = .object(of: [
            "query_id": .string(execution.id),
            "status": .string(state == "SUCCEEDED" ? "FINISHED" : state),
            "state": .string(state),
            "reason": execution.stateChangeReason.map { .string($0) },
            "expires_at": expiry.map { .integer($0.secondsSince1970) },
            "statistics": [
                "bytes_scanned": .integer(execution.bytesScanned),
                "milliseconds": .integer(execution.milliseconds ?? 0),
            ],
        ])
        return APIResponse(status: 200, body: body)
    }

    /// An execution of the tenant's own, and when its result expires. Anybody else's is not there.
    private func execution(_ id: String, _ call: Call) throws(QueryFailure) -> (QueryExecution, expiry: Timestamp?) {
        guard Self.mayBeID(id) else { throw .noSuchQuery(id) }
        let execution: QueryExecution
        do throws(AWSError) {
            execution = try athena.execution(id, before: call.deadline)
        } catch {
            throw QueryFailure(error, of: id)
        }
        guard let minutes = call.results.retentionMinutes(of: execution.outputLocation) else {
            throw .noSuchQuery(id)
        }
        let expiry = execution.completed.map { $0 + .seconds(minutes * 60) }
        if execution.state == .succeeded, let expiry, expiry <= .now {
            throw QueryFailure(status: 410, code: "Expired", message: "the result has expired", executionID: id)
        }
        return (execution, expiry)
    }

    private static func mayBeID(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Character(Unicode.Scalar($0)).isHexDigit }
    }

    // MARK: - Next

    private func next(_ call: Call) throws(QueryFailure) -> APIResponse {
        let members = ["query_id", "paging_token", "next_token", "results_per_page", "results_per_request"]
        let body = try APIRequestBody(call.request.body, members: members)
        guard let id = try body.text("query_id") else { throw .invalid("query_id: expected a text") }
        let token = try body.text("paging_token", "next_token")
        if let token, !(1...1024).contains(token.unicodeScalars.count) {
            throw .invalid("paging_token: expected 1 to 1024 characters")
        }
        let most = Int64(Athena.maximumRowCount)
        let count = try body.number("results_per_page", "results_per_request", in: 1...most) ?? most
        let (execution, _) = try execution(id, call)
        if let failure = QueryFailure(execution) { throw failure }
        guard execution.hasEnded else {
            throw QueryFailure(
                status: 409,
                code: "NotReady",
                message: "the query is \(execution.state)",
                executionID: id,
                isRetryable: true
            )
        }
        return try page(of: execution, from: token, count: Int(count), call)
    }

    /// A page of at most so many rows; of fewer when they are long.
    private func page(
        of execution: QueryExecution,
        from token: String?,
        count: Int,
        _ call: Call
    ) throws(QueryFailure) -> APIResponse {
        let id = execution.id
        var count = count
        while true {
            do throws(AWSError) {
                // The header takes the place of a row on the first page.
                let isWithHeader = token == nil && QueryRows.haveHeader(execution)
                let asked = isWithHeader ? min(count + 1, Athena.maximumRowCount) : count
                let page = try athena.results(of: id, from: token, count: asked, before: call.deadline)
                let rows = QueryRows(page, of: execution, isFirst: token == nil)
                let answer = APIResponse(status: 200, body: body(rows, of: id, isFirst: token == nil, call))
                if answer.json.serialized().utf8.count < QueryRows.longestAnswer { return answer }
            } catch {
                guard error.isTooLongAnswer else { throw QueryFailure(error, of: id) }
            }
            guard count > 1 else { throw .tooLong(id) }
            count /= 2
        }
    }

    private func body(_ rows: QueryRows, of id: String, isFirst: Bool, _ call: Call) -> JSONValue {
        let nextToken = rows.nextToken.map { JSONValue.string($0) }
        guard call.request.isCompatible else {
            let values = JSONValue.array(rows.values(isTyped: true).map { .array($0) })
            return .object(of: [
                "query_id": .string(id), "columns": rows.header, "rows": values, "next_token": nextToken,
            ])
        }
        let header: JSONValue = ["columns": .array(rows.columns.map { .string($0.name) })]
        let values = rows.values(isTyped: false).map { JSONValue.object([.init("data", .array($0))]) }
        let set = JSONValue.array((isFirst ? [header] : []) + values)
        return .object(of: ["result_set": .string(set.serialized()), "next_token": nextToken])
    }
}

/// What the operator decides of `query_api`.
struct QueryAPISettings {
    let output: ObjectLocation
    let database: String
    let workgroup: String?
    let check: ReadOnlySQL
    /// For how many minutes a result is kept that nobody asks longer for.
    let retention: Int64
    let longestRetention: Int64
    /// The key that requests must carry, where no gateway asks for one.
    let key: String?
}

extension APIRequest {
    /// Whether the caller expects the answers of the first service of this kind.
    fileprivate var isCompatible: Bool { query["compat"] == "v0code" }
}
