import AWS
import JSON
import LambdaEvents

extension TenantQueries {
    private static let longestToken = 1024

    /// The page that a request's body asks for.
    private struct PageOrder {
        let id: String
        /// The token of the page; nil for the first page.
        let token: String?
        let count: Int

        init(_ bytes: [UInt8]) throws(QueryFailure) {
            let members = ["query_id", "paging_token", "next_token", "results_per_page", "results_per_request"]
            let body = try APIRequestBody(bytes, members: members)
            guard let id = try body.text("query_id") else {
                throw QueryFailure(.invalidRequest("query_id: expected a text, found none"))
            }
            let token = try body.text("paging_token", "next_token")
            if let length = token?.unicodeScalars.count, !(1...longestToken).contains(length) {
                let problem = "paging_token: expected 1 to \(longestToken) characters, found \(length)"
                throw QueryFailure(.invalidRequest(problem))
            }
            let most = Int64(Athena.maximumRowCount)
            self.id = id
            self.token = token
            count = Int(try body.number("results_per_page", "results_per_request", in: 1...most) ?? most)
        }
    }

    /// Answers with the page that the request's body asks for.
    func next() throws(QueryFailure) -> APIResponse {
        let order = try PageOrder(request.body)
        let execution = try query(order.id).execution
        if let failure = QueryFailure(execution) { throw failure }
        guard execution.hasEnded else {
            throw QueryFailure(.notReady("the query is \(execution.state.text)"), of: order.id, isRetryable: true)
        }
        return try page(order, of: execution)
    }

    /// A page with as many rows as were asked for, or fewer when they are long.
    private func page(_ order: PageOrder, of execution: QueryExecution) throws(QueryFailure) -> APIResponse {
        let isFirst = order.token == nil
        var count = order.count
        while true {
            do throws(AWSError) {
                // The header takes the place of a row on the first page.
                let isWithHeader = isFirst && QueryRows.haveHeader(execution)
                let asked = isWithHeader ? min(count + 1, Athena.maximumRowCount) : count
                let page = try athena.results(of: order.id, from: order.token, count: asked, before: deadline)
                let rows = QueryRows(page, of: execution, isFirst: isFirst)
                let answer = APIResponse(status: 200, body: body(rows, of: order.id, isFirst: isFirst))
                if answer.json.serializedLength < QueryRows.longestAnswer { return answer }
            } catch {
                guard error.isTooLongAnswer else { throw QueryFailure(error, of: order.id) }
            }
            guard count > 1 else { throw QueryFailure(.resultTooLong, of: order.id) }
            count /= 2
        }
    }

    private func body(_ rows: QueryRows, of id: String, isFirst: Bool) -> JSONValue {
        let nextToken = rows.nextToken.map { JSONValue.string($0) }
        guard request.isCompatible else {
            let values = JSONValue.array(rows.values(isTyped: true).map { .array($0) })
            return .object(of: [
                "query_id": .string(id), "columns": rows.header, "rows": values, "next_token": nextToken,
            ])
        }
        let header: JSONValue = ["columns": .strings(rows.columns.map(\.name))]
        let values = rows.values(isTyped: false).map { JSONValue.object([.init("data", .array($0))]) }
        let set = JSONValue.array((isFirst ? [header] : []) + values)
        return .object(of: ["result_set": .string(set.serialized()), "next_token": nextToken])
    }
}
