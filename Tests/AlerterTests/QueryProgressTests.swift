import AWS
import Alerting
import CloudTrail
import JSON
import Testing
import Time

@testable import Alerter

@Suite struct QueryProgressTests {
    private let now = Timestamp(secondsSince1970: 1_800_000_000)

    private func row(age: Duration, id: String = "q") throws -> OpenQuery {
        let key = QueryKey(startTime: now - age, executionID: id)
        let item: Item = [
            "start_date": .string(key.startDate), "start_key": .string(key.startKey), "executing_user": "ada",
            "user_type": "person", "region": "eu-west-1",
        ]
        return try #require(OpenQuery(item))
    }

    private func progress(age: Duration = .seconds(60), _ executions: [String] = [], unprocessed: [String] = []) throws
        -> QueryProgress
    {
        let (executions, unprocessed) = (executions.joined(separator: ","), unprocessed.joined(separator: ","))
        let answer = #"{"QueryExecutions":[\#(executions)],"UnprocessedQueryExecutionIds":[\#(unprocessed)]}"#
        return QueryProgress(
            of: try row(age: age),
            in: try Athena.Answer(parsing: answer.utf8),
            price: Price(perTB: 5),
            now: now
        )
    }

    private func execution(_ state: String, _ more: String = "") -> String {
        #"{"QueryExecutionId":"q","Query":"select 1","Status":{"State":"\#(state)","SubmissionDateTime":1.5}\#(more)}"#
    }

    @Test func aQueryThatWaitsStaysOpen() throws {
        #expect(try progress([execution("QUEUED")]) == .unfinished)
        #expect(try progress([#"{"QueryExecutionId":"q","Status":{"State":"RUNNING"}}"#]) == .unfinished)
    }

    @Test func aQueryThatRunsTellsOfItsTimeWithoutTheWaitAndOfItsBytes() throws {
        let statistics = #","Statistics":{"DataScannedInBytes":5,"QueryQueueTimeInMillis":500}"#
        guard case .running(let query) = try progress([execution("RUNNING", statistics)]) else {
            Issue.record("not running")
            return
        }
        #expect(query.durationMilliseconds == now.millisecondsSince1970 - 2000 && query.dataScanned == 5)
        #expect(query.state.rawValue == "RUNNING" && query.user == "ada")
    }

    @Test(arguments: ["SUCCEEDED", "FAILED", "CANCELLED", "SOMETHING_NEW"])
    func anyOtherStateIsAnEnd(_ state: String) throws {
        let statistics =
            #","Statistics":{"DataScannedInBytes":5},"WorkGroup":"w","QueryExecutionContext":{"Database":"d"}"#
        guard case .ended(let query, let submitted) = try progress([execution(state, statistics)]) else {
            Issue.record("not ended")
            return
        }
        #expect(query.state.rawValue == state && query.dataScanned == 5 && query.sql == "select 1")
        #expect(query.user == "ada" && query.userType == .person && query.region == "eu-west-1")
        #expect(query.workgroup == "w" && query.database == "d")
        #expect(submitted == Timestamp(millisecondsSince1970: 1500))
    }

    @Test(arguments: [
        (#""EngineVersion":{"EffectiveEngineVersion":"PySpark engine version 3"}"#, Cost.free(.spark)),
        (#""Statistics":{"DpuCount":24.0}"#, .free(.provisioned)),
        (#""Statistics":{"ResultReuseInformation":{"ReusedPreviousResult":true}}"#, .free(.reused)),
        (#""Statistics":{"DataScannedInBytes":1099511627776}"#, .billed(Money(5, .dollars))),
    ])
    func anExecutionIsBilledByWhatAthenaSaysOfIt(_ members: String, _ cost: Cost) throws {
        guard case .ended(let query, _) = try progress([execution("SUCCEEDED", ",\(members)")]) else {
            Issue.record("not ended")
            return
        }
        #expect(query.cost == cost)
    }

    @Test func aQueryWithoutStatisticsScannedNothing() throws {
        guard case .ended(let query, _) = try progress([execution("FAILED")]) else {
            Issue.record("not ended")
            return
        }
        #expect(query.dataScanned == 0 && query.cost == .free(.failed))
    }

    @Test func executionsThatNobodyAskedForAreIgnored() throws {
        let other = execution("SUCCEEDED").replacing(#""q""#, with: #""other""#)
        #expect(try progress([other]).isUnclear)
    }

    private let notFound = #"{"QueryExecutionId":"q","ErrorCode":"X","ErrorMessage":"QueryExecution q was not found"}"#

    @Test func aQueryThatAthenaDoesNotKnowGetsAnHour() throws {
        #expect(try progress(age: .seconds(3500), unprocessed: [notFound]).isUnclear)
        #expect(try progress(age: .seconds(3700), unprocessed: [notFound]) == .unknown)
    }

    @Test func anyOtherTroubleIsAskedForUntilAthenaForgets() throws {
        let trouble = #"{"QueryExecutionId":"q","ErrorCode":"INTERNAL","ErrorMessage":"try again"}"#
        #expect(try progress(age: .days(44), unprocessed: [trouble]).isUnclear)
        #expect(try progress(age: .days(46), unprocessed: [trouble]) == .unknown)
    }

    @Test func aRowIsReadFromItsKeyAlone() throws {
        let row = try #require(OpenQuery(["start_date": "2026-01-02", "start_key": "2026-01-02 03:04:05#a#b"]))
        #expect(row.key.executionID == "a#b" && row.key.startKey == "2026-01-02 03:04:05#a#b")
        #expect(row.attribution.person.name == "unknown")
        #expect(OpenQuery(["start_date": "2026-01-02"]) == nil)
    }
}

extension QueryProgress {
    fileprivate var isUnclear: Bool {
        if case .unclear = self { true } else { false }
    }
}
