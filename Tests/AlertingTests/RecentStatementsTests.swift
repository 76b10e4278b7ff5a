import Querying
import Testing
import Time

@testable import Alerting

/// The statements of a day, so that one that runs again and again is noticed.
@Suite struct RecentStatementsTests {
    private func query(_ sql: String, from start: String, to end: String, state: QueryState = .succeeded)
        -> FinishedQuery
    {
        let key = QueryKey(startDate: "2026-01-17", startTimestamp: "2026-01-17 11:57:30", executionID: "q")
        var query = FinishedQuery(key: key, state: state, user: "ada", dataScanned: 1, sql: sql)
        query.fingerprint = StatementFingerprint(sql, in: ["web"])
        query.submissionTimestamp = "2026-01-17 \(start)"
        query.completionTimestamp = "2026-01-17 \(end)"
        return query
    }

    @Test func aFingerprintLeavesOutCommentsAndSpaceAndKeepsValues() {
        let one = StatementFingerprint("/* Job ID: 1 */ select  a\nfrom t where b = 'x'", in: ["web", nil])
        #expect(one == StatementFingerprint("select a from t where b = 'x' -- 2", in: ["web", nil]))
        for (sql, place) in [
            ("select a from t where b = 'y'", ["web", nil]), ("select a from t where b = 'x'", ["web", "etl"]),
            ("select a from t where b = 'x'", [nil, "web"]), ("select a from t where b = '/* */x'", ["web", nil]),
            ("selecta from t where b = 'x'", ["web", nil]),
        ] {
            #expect(one != StatementFingerprint(sql, in: place))
        }
    }

    @Test func countsRunsAndTheAgeOfTheLatestResult() {
        var day = AlertDay().adding(query("select 1", from: "08:00:00", to: "08:05:00"), over: nil)
        #expect(day.repetition == nil)
        day = day.adding(query("select 2", from: "08:00:00", to: "08:20:00"), over: nil)
        day = day.adding(query("select 1", from: "08:35:00", to: "08:40:00"), over: nil)
        #expect(day.repetition == Repetition(runs: 2, resultAge: 1800))
        day = day.adding(query("select 1", from: "08:39:00", to: "08:50:00"), over: nil)
        #expect(day.repetition == Repetition(runs: 3, resultAge: -60))
        #expect(day.recent.statements.map(\.runs) == [3, 1])
    }

    /// A run without a result leaves nothing to reuse, and one without times or a fingerprint tells nothing.
    @Test func countsOnlyWhatLeftAResult() {
        var without = query("select 1", from: "08:00:00", to: "08:05:00")
        without.fingerprint = nil
        var timeless = query("select 1", from: "08:00:00", to: "08:05:00")
        timeless.completionTimestamp = nil
        let failed = query("select 1", from: "08:00:00", to: "08:05:00", state: .failed)
        let day = [failed, without, timeless].reduce(AlertDay()) { $0.adding($1, over: nil) }
        #expect(day.queries == 3 && day.recent.statements.isEmpty && day.repetition == nil)
    }

    @Test func keepsTwelveAndNeverCountsTooHigh() {
        var day = AlertDay()
        for number in 0..<13 {
            day = day.adding(query("select \(number)", from: "08:00:00", to: "08:05:00"), over: nil)
        }
        #expect(day.recent.statements.count == 12)
        day = day.adding(query("select 0", from: "09:00:00", to: "09:05:00"), over: nil)
        #expect(day.repetition == nil)
        let many = RecentStatements.Statement(
            fingerprint: StatementFingerprint("select 1", in: ["web"]),
            runs: .max,
            ended: .now
        )
        var recent = RecentStatements([many])
        #expect(recent.add(query("select 1", from: "08:00:00", to: "08:05:00"))?.runs == 1_000_001)
    }
}
