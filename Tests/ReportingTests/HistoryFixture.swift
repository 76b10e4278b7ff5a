import Alerting
import Reporting

/// Queries of a history.
enum HistoryFixture {
    static func query(
        _ number: Int = 1,
        day: String = "2026-11-03",
        user: String = "ada",
        workgroup: String? = "analysts",
        cost: Cost? = .billed(Money(1.25, .dollars))
    ) -> FinishedQuery {
        let digits = String(number)
        let id = "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
        let key = QueryKey(startDate: day, startTimestamp: "\(day) 10:00:00", executionID: id)
        var query = FinishedQuery(
            key: key,
            state: .succeeded,
            user: user,
            dataScanned: 1 << 40,
            sql: "select \(number)"
        )
        query.workgroup = workgroup
        query.cost = cost
        return query
    }

    static func line(_ query: FinishedQuery = query()) -> HistoryLine { HistoryLine(query, sql: .masked) }
}
