import Alerting
import CloudTrail
import JSON
import LambdaRuntime
import Reporting
import Testing
import Time

@testable import AWS
@testable import Alerter

/// A month of a hundred thousand queries, of which some come late and some change after their day was written.
@Suite struct ReportMonthTests {
    private static let count = 100_000

    private let rows = FakeRows()
    private let history = FakeHistory()
    private let metrics = Metrics()
    private var state: UInt64 = 88_172_645_463_325_252

    private mutating func next(_ limit: UInt64) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % limit)
    }

    private mutating func query(_ number: Int, on day: String) -> FinishedQuery {
        let key = QueryKey(startDate: day, startTimestamp: "\(day) 10:00:00", executionID: "q-\(number)")
        var query = FinishedQuery(
            key: key,
            state: .succeeded,
            user: "user\(next(300))",
            dataScanned: Int64(next(1 << 40))
        )
        query.userType = .person
        query.workgroup = ["etl", "bi", "analysts", nil][next(4)]
        query.tool = ["dbt", "Tableau", nil][next(3)]
        query.cost =
            next(5) == 0 ? .free(.failed) : .billed(Money(Double(next(1 << 20)) * 5 / Double(1 << 20), .dollars))
        return query
    }

    private func run(_ event: JSONValue) throws {
        let time = try #require(Timestamp(date: "2026-12-01")) + .seconds(3600)
        let handler = ReportHandler(table: rows, history: history, settings: ReportSettings(), now: { time })
        _ = try handler.handle(event, context(metrics, time: .seconds(600)))
    }

    /// The sums as the bucket has them.
    private func sums() throws -> Sums {
        var sums = Sums()
        for day in rows.days.keys.sorted() {
            for line in try history.lines("sums/dt=\(day)/sums.json.gz") {
                try sums.add(line: JSONValue(parsing: line.utf8), of: day)
            }
        }
        return sums
    }

    private func expectTheSumsOfTheRows() throws {
        let sums = try sums()
        // By hand, from the rows alone: money in billionths of a dollar.
        var (total, count, bytes) = (Int64(0), 0, Int64(0))
        var people: [String: Int64] = [:]
        var days: [String: Int64] = [:]
        for (day, queries) in rows.days {
            for query in queries {
                let amount = Int64(((query.cost?.money?.amount ?? 0) * 1e9).rounded())
                total += amount
                count += 1
                bytes += query.dataScanned
                people[query.user, default: 0] += amount
                days[day, default: 0] += amount
            }
        }
        #expect(sums.total[.dollars] == total)
        #expect(sums.total.queries == count)
        #expect(sums.total.bytes == bytes)
        #expect(sums.parts[.person]?.mapValues { $0[.dollars] } == people)
        #expect(sums.people.mapValues { $0.spend[.dollars] } == people)
        #expect(sums.days.mapValues { $0.values.reduce(0) { $0 + $1[.dollars] } } == days)
        let cents = (total + 5_000_000) / 10_000_000
        let text = "$\(String(cents / 100).groupedByThousands).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
        #expect(history.page("month/2026-11").contains("<dt>Cost</dt><dd>\(text)</dd>"))
    }

    @Test mutating func theSumsAreThoseOfTheRowsWhateverComesLateOrChanges() throws {
        rows.pageLength = 1000
        for number in 0..<Self.count {
            let day = 1 + next(30)
            let name = "2026-11-\(day < 10 ? "0" : "")\(day)"
            rows.days[name, default: []].append(query(number, on: name))
        }
        try run(["days": "2026-11-01..2026-11-30"])
        #expect(metrics["HistoryQueries"] == Self.count)
        for day in ["2026-11-28", "2026-11-29", "2026-11-30"] {
            for index in stride(from: 0, to: rows.days[day]?.count ?? 0, by: 9) {
                rows.days[day]?[index].cost = .billed(Money(Double(next(1000)) / 7, .dollars))
                rows.days[day]?[index].state = .cancelled
            }
            for number in 0..<200 { rows.days[day]?.append(query(Self.count + number, on: day)) }
        }
        try run(.null)
        let first = history.objects
        try run(.null)
        #expect(history.objects == first)
        try expectTheSumsOfTheRows()
    }
}
