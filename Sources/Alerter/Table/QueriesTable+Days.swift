import AWS
import Alerting
import JSON
import Time

extension QueriesTable {
    private static let repeated: QueryState = "REPEATED"

    /// Reads one page of the queries of a day that have ended, the oldest first. A row that stands for the query of another
    /// row is left out.
    ///
    /// - Parameters:
    ///   - day: `YYYY-MM-DD`, UTC.
    ///   - start: where an earlier page said that this one begins.
    ///   - deadline: when to give up.
    /// - Returns: the queries, the number of rows that cannot be read, and the start of the next page.
    func finishedQueries(
        on day: String,
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [FinishedQuery], unreadable: Int, next: Item?) {
        let page = try rows(on: day, from: start, before: deadline)
        var queries: [FinishedQuery] = []
        var unreadable = 0
        for row in page.items {
            do throws(JSONError) {
                guard let query = try FinishedQuery(row: row), query.state != Self.repeated else { continue }
                queries.append(query)
            } catch {
                unreadable += 1
            }
        }
        return (queries, unreadable, page.next)
    }
}
