import CloudTrail
import JSON
import Testing

@testable import Alerting

/// The words about who cancelled a query.
@Suite struct StopperTextTests {
    private func query(_ state: QueryState, by stopper: String?) -> FinishedQuery {
        let key = QueryKey(startDate: "2026-01-17", startTimestamp: "2026-01-17 11:57:30", executionID: "6acb")
        var query = FinishedQuery(key: key, state: state, user: "ada", dataScanned: 10)
        query.stateChangeReason = "Query cancelled by user"
        query.stoppedBy = stopper
        return query
    }

    @Test(
        arguments: [
            (.cancelled, "grace@example.com", "Cancelled by grace@example.com"),
            (.cancelled, "ada", "Cancelled by the person who ran it"),
            (.cancelled, nil, "Cancelled: Query cancelled by user"),
            (.failed, "grace", "Failed: Query cancelled by user"),
        ] as [(QueryState, String?, String)]
    )
    func theEndNamesWhoCancelled(_ state: QueryState, _ stopper: String?, _ words: String) {
        #expect(AlertText(query(state, by: stopper)).ending == words)
    }

    @Test func aProgramIsNoPersonWhoRanIt() {
        var query = query(.cancelled, by: "ada")
        query.userType = .role
        #expect(AlertText(query).ending == "Cancelled by ada")
    }

    @Test(arguments: ["grace", nil]) func theMessageCarriesTheName(_ stopper: String?) throws {
        let query = query(.cancelled, by: stopper)
        let read = try FinishedQuery(json: JSONValue(parsing: Array(query.message(limit: 10_000).utf8)))
        #expect(read == query)
    }
}
