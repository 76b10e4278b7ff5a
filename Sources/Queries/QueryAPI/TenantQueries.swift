import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import Time
import Web

/// The queries of one tenant, as one request sees them.
struct TenantQueries {
    private static let longestQuery = 262_144

    let results: TenantResults
    let request: APIRequest
    let deadline: Deadline
    let athena: any QueryServing
    let withholdsReasons: Bool

    // MARK: - Submit

    /// Starts the query of the request's body, and answers with its id.
    func submit(_ settings: QueryAPISettings, _ context: InvocationContext) throws(QueryFailure) -> APIResponse {
        let body = try APIRequestBody(request.body, members: ["query", "sql_query", "retention_minutes"])
        guard let sql = try body.text("query", "sql_query"), !sql.allSatisfy(\.isWhitespace) else {
            throw QueryFailure(.invalidRequest("query: expected the text of an SQL statement, found none"))
        }
        guard sql.utf8.count <= Self.longestQuery else {
            let problem = "query: expected at most \(Self.longestQuery) bytes, found \(sql.utf8.count)"
            throw QueryFailure(.invalidRequest(problem))
        }
        let minutes = try body.number("retention_minutes", in: 1...settings.longestRetention) ?? settings.retention
        let checked: String
        do throws(ReadOnlySQL.Refusal) {
            checked = try settings.check.checked(sql)
        } catch {
            throw QueryFailure(.forbidden(error.reason))
        }
        let query = QueryRequest(
            sql: checked,
            token: try token(otherwise: context.requestID),
            database: settings.database,
            outputLocation: results.folder(retentionMinutes: minutes),
            workgroup: settings.workgroup
        )
        let id: String
        do throws(AWSError) {
            id = try athena.start(query, before: deadline)
        } catch {
            throw QueryFailure(error)
        }
        context.metrics.add("QueriesStarted")
        return APIResponse(status: 200, body: request.isCompatible ? .string(id) : ["query_id": .string(id)])
    }

    /// The idempotency token: made from the client's own key, else from the gateway's id of the request.
    private func token(otherwise requestID: String) throws(QueryFailure) -> String {
        guard let key = request.headers["Idempotency-Key"] else {
            return QueryRequest.token(for: "request", results.tenant, request.id ?? requestID)
        }
        guard ClientName.isValid(key) else {
            throw QueryFailure(.invalidRequest("the header Idempotency-Key is \(ClientName.problem)"))
        }
        return QueryRequest.token(for: "key", results.tenant, key)
    }

    // MARK: - Status and cancel

    /// Answers with the status of a query; one that failed is answered with its failure.
    func status(_ id: String) throws(QueryFailure) -> APIResponse {
        let found = try query(id)
        if found.execution.state != .cancelled, let failure = QueryFailure(found.execution) { throw failure }
        return progress(found)
    }

    /// Cancels a query unless it has ended, and answers with its status.
    func cancel(_ id: String) throws(QueryFailure) -> APIResponse {
        if try !query(id).execution.hasEnded {
            do throws(AWSError) {
                try athena.stop(id, before: deadline)
            } catch {
                throw QueryFailure(error, of: id)
            }
        }
        return progress(try query(id))
    }

    private func progress(_ query: Query) -> APIResponse {
        let execution = query.execution
        let state = execution.state.text
        guard !request.isCompatible else { return APIResponse(status: 200, body: ["status": .string(state)]) }
        let body: JSONValue = .object(of: [
            "query_id": .string(execution.id),
            "status": .string(state == "SUCCEEDED" ? "FINISHED" : state),
            "state": .string(state),
            "reason": withholdsReasons ? nil : execution.stateChangeReason.map { .string($0) },
            "expires_at": query.expiry.map { .integer($0.secondsSince1970) },
            "statistics": [
                "bytes_scanned": .integer(execution.bytesScanned),
                "milliseconds": .integer(execution.milliseconds ?? 0),
            ],
        ])
        return APIResponse(status: 200, body: body)
    }

    /// A query of the tenant's own.
    struct Query {
        let execution: QueryExecution
        /// The end of the result's retention; nil while the query runs.
        let expiry: Timestamp?
    }

    /// Finds a query of the tenant's own whose result has not expired. To the caller, another tenant's query does not exist.
    func query(_ id: String) throws(QueryFailure) -> Query {
        guard Self.mayBeID(id) else { throw QueryFailure(.noSuchQuery, of: id) }
        let execution: QueryExecution
        do throws(AWSError) {
            execution = try athena.execution(id, before: deadline)
        } catch {
            throw QueryFailure(error, toFind: id)
        }
        guard let minutes = results.retentionMinutes(of: execution.outputLocation) else {
            throw QueryFailure(.noSuchQuery, of: id)
        }
        let expiry = execution.completed.map { $0 + .seconds(minutes * 60) }
        if execution.state == .succeeded, let expiry, expiry <= .now {
            throw QueryFailure(.expired("the result has expired"), of: id)
        }
        return Query(execution: execution, expiry: expiry)
    }

    private static func mayBeID(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Character(Unicode.Scalar($0)).isHexDigit }
    }
}
