import Alerting
import CloudTrail
import JSON
import Testing
import Time

@Suite struct FinishedQueryTests {
    private var full: FinishedQuery {
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: "6acb")
        var query = FinishedQuery(key: key, state: "SUCCEEDED", user: "ada", dataScanned: 5, sql: "select 'é'\n")
        query.userType = .person
        query.role = "analyst"
        query.accountID = "123456789012"
        query.region = "eu-west-1"
        query.workgroup = "analysts"
        query.database = "db"
        query.catalog = "awsdatacatalog"
        query.statementType = "DML"
        query.stateChangeReason = "why"
        query.durationMilliseconds = 1500
        query.catalog = "mysql"
        query.cost = .billed(Money(0.25, .dollars), isEstimate: true)
        return query
    }

    @Test func theOriginalsSevenKeysComeFirstInItsOrder() {
        let message = full.message(limit: 262_144)
        let names = [
            "start_date", "start_timestamp", "query_execution_id", "query_state", "executing_user", "data_scanned",
            "query_sql",
        ]
        #expect(message.hasPrefix(#"{"start_date":"2019-01-17","start_timestamp":"2019-01-17 11:57:30","#))
        let places = names.compactMap { message.firstRange(of: "\"\($0)\":")?.lowerBound }
        #expect(places.count == 7 && places == places.sorted())
        #expect(message.firstRange(of: "\"version\":1")?.lowerBound ?? message.startIndex > places[6])
    }

    @Test func aMessageIsReadAsItWasWritten() throws {
        #expect(try FinishedQuery(parsing: full.message(limit: 262_144).utf8) == full)
    }

    @Test(
        arguments: [
            (.billed(Money(2, .dollars)), #""cost_usd":2.0,"price_certainty":"known""#),
            (
                .billed(Money(2, .yuan), isEstimate: true),
                #""cost":2.0,"cost_currency":"CNY","price_certainty":"fallback""#
            ),
            (.free(.spark), #""cost_usd":0.0,"not_billed":"spark""#),
        ] as [(Cost, String)]
    )
    func aCostKeepsItsCurrencyAndCertainty(_ cost: Cost, _ keys: String) throws {
        var query = full
        query.cost = cost
        let message = query.message(limit: 262_144)
        #expect(message.contains(keys))
        #expect(message.contains("cost_usd") == (cost.dollars != nil))
        #expect(try FinishedQuery(parsing: message.utf8).cost == cost)
    }

    @Test func theOriginalsMessageIsEnough() throws {
        let query = try FinishedQuery(parsing: FinishedQueryFixture.message.utf8)
        #expect(query.key.startKey == "2019-01-17 11:57:30#6acb")
        #expect(query.dataScanned == 29_944_425_990 && query.user == "ada" && query.cost == nil)
    }

    @Test(arguments: [#""data_scanned": 29944425990,"#, #", "query_sql": "select 1""#])
    func keysThatTheOriginalLeavesOutAreOptional(_ part: String) throws {
        let text = FinishedQueryFixture.message.replacing(part, with: "")
        #expect(text != FinishedQueryFixture.message)
        _ = try FinishedQuery(parsing: text.utf8)
    }

    @Test func unknownKeysAndValuesOfAnotherKindAreIgnored() throws {
        let text = FinishedQueryFixture.message.replacing(
            "}",
            with: #", "future": [1], "cost_usd": "much", "region": 5}"#
        )
        #expect(try FinishedQuery(parsing: text.utf8).region == nil)
    }

    @Test(arguments: ["start_date", "start_timestamp", "query_execution_id", "query_state", "executing_user"])
    func aMissingKeyIsNamed(_ name: String) {
        let text = FinishedQueryFixture.message.replacing("\"\(name)\"", with: "\"x\"")
        let error = #expect(throws: JSONError.self) { try FinishedQuery(parsing: text.utf8) }
        #expect(error?.description == "\(name): it is missing")
    }

    @Test(arguments: ["é", "\"", "\u{1}", "😀", "x"])
    func sqlThatDoesNotFitIsCutAtACharacterAndMarked(_ character: String) throws {
        var query = full
        let sql = String(repeating: character, count: 262_144 / character.utf8.count)
        query.sql = sql
        let message = query.message(limit: 262_144)
        #expect(message.utf8.count <= 262_144 && message.utf8.count > 262_144 - 12)
        let read = try FinishedQuery(parsing: message.utf8)
        #expect(read.isSQLCut)
        #expect(sql.hasPrefix(read.sql ?? "no SQL"))
    }

    @Test func sqlThatJustFitsIsNotCut() throws {
        var query = full
        query.sql = ""
        let room = 1000 - query.message(limit: .max).utf8.count
        query.sql = String(repeating: "x", count: room)
        #expect(query.message(limit: 1000).utf8.count == 1000)
        #expect(try !FinishedQuery(parsing: query.message(limit: 1000).utf8).isSQLCut)
        query.sql = String(repeating: "x", count: room + 1)
        #expect(try FinishedQuery(parsing: query.message(limit: 1000).utf8).isSQLCut)
        #expect(query.message(limit: 1000).utf8.count <= 1000)
    }

    @Test func queriesOfOneSecondHaveDifferentKeys() {
        let time = Timestamp(millisecondsSince1970: 1_547_726_250_900)
        #expect(QueryKey(startTime: time, executionID: "a").startKey == "2019-01-17 11:57:30#a")
        #expect(QueryKey(startTime: time, executionID: "b").startDate == "2019-01-17")
        #expect(QueryKey(startTime: time, executionID: "a").startTime == Timestamp(secondsSince1970: 1_547_726_250))
    }
}
