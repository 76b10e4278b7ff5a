import AWS
import Alerting
import CloudTrail
import JSON
import JSONFixture
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// A row whose attributes are of another kind than expected still closes, as far as its key leads to an execution, and
/// harms no other row. The attributes are as DynamoDB transports them.
@Suite struct MalformedRowTests {
    private static func attribute(_ text: String) -> JSONValue { ["S": .string(text)] }

    private static let number: JSONValue = ["N": "7"]
    private static let null: JSONValue = ["NULL": true]

    private static func item(_ id: String) -> JSONValue {
        let key = QueryKey(startTime: .now - .seconds(120), executionID: id)
        return [
            "start_date": attribute(key.startDate), "start_key": attribute(key.startKey),
            "query_execution_id": attribute(id), "executing_user": attribute("ada"),
            "user_type": attribute("person"), "account_id": attribute("1"), "region": attribute("eu-west-1"),
            "workgroup": attribute("analysts"), "open": attribute("0"),
        ]
    }

    /// Reads a row, and checks that it settles between two others.
    private func settled(_ name: String, _ value: JSONValue?) throws -> (row: OpenQuery, metrics: Metrics) {
        let items = [Self.item("before"), Self.item("bad").replacing(name, with: value), Self.item("after")]
        let rows = try items.map { try #require(OpenQuery(Item(json: $0))) }
        let (table, athena, queue, metrics) = (FakeTable(), FakeAthena(), FakeQueue(), Metrics())
        table.open = rows
        athena.executions = ["before": "SUCCEEDED", "bad": "SUCCEEDED", "after": "SUCCEEDED"]
        let update = UsageUpdate(.init(athena: athena, sqs: queue, queueURL: "q", table: table, price: Price(perTB: 5)))
        _ = try update.handle(.null, context(metrics))
        #expect(table.closings["before"] != nil && table.closings["after"] != nil)
        #expect(metrics["OpenQueries"] == 3 && table.closings.count == 3)
        return (rows[1], metrics)
    }

    private func finished(_ name: String, _ value: JSONValue?) throws -> OpenQuery {
        let (row, metrics) = try settled(name, value)
        #expect(row.key.executionID == "bad" && metrics["QueriesFinished"] == 3)
        return row
    }

    @Test(
        arguments: [
            nil, number, null, ["L": [["S": "ada"]]], ["M": ["a": ["N": "1"]]], ["BOOL": true], ["SS": ["ada"]],
            ["B": "YWRh"],
        ] as [JSONValue?]
    )
    func aUserThatIsNoTextIsUnknown(_ value: JSONValue?) throws {
        #expect(try finished("executing_user", value).attribution.person.name == "unknown")
    }

    @Test(
        arguments: [
            number, null,
        ]
            + ["", "EU-WEST-1", "eu west", "../..", "eu-west-1.evil.example", String(repeating: "-", count: 70), "é"]
            .map(attribute)
    )
    func aRegionThatIsNoneIsTheClientsOwn(_ value: JSONValue) throws {
        #expect(try finished("region", value).region == nil)
    }

    @Test(arguments: [nil, number, attribute("another")])
    func theKeyAloneNamesTheExecution(_ value: JSONValue?) throws {
        _ = try finished("query_execution_id", value)
    }

    @Test func anOptionalAttributeThatIsNoTextIsAbsent() throws {
        for value in [nil, Self.number, Self.null] { #expect(try finished("workgroup", value).workgroup == nil) }
        for value in [Self.number, Self.null] {
            #expect(try finished("user_type", value).attribution.person.kind == .person)
            #expect(try finished("account_id", value).accountID == nil)
        }
        #expect(try finished("user_type", Self.attribute("king")).attribution.person.kind == .unknown)
        #expect(try finished("account_id", Self.attribute("x")).accountID == "x")
    }

    @Test(
        arguments: [
            ("expires_at", [attribute("never"), ["N": "-1"], null]),
            ("start_timestamp", [number, attribute("never"), null]),
            ("surprise", [null, ["L": [["N": "1"], ["M": ["a": ["B": "Yg=="]]]]], ["NS": ["1", "2"]]]),
        ] as [(String, [JSONValue])]
    )
    func anAttributeThatNobodyReadsMayBeAnything(_ name: String, _ values: [JSONValue]) throws {
        for value in values + [Self.attribute(JSONFixture.long)] { _ = try finished(name, value) }
    }

    @Test(arguments: ["#bad", "never#bad", "9999-99-99 99:99:99#bad", "2024-03-05#bad", "\0#bad"])
    func aKeyWithoutATimeHasNoAge(_ key: String) throws {
        let row = try finished("start_key", Self.attribute(key))
        #expect(row.key.startTime == nil && row.ageMinutes == 0 && row.isForgotten)
    }

    @Test(arguments: [("bad", ""), ("2026-01-01 00:00:00#a#bad", "a#bad")])
    func aKeyOfAnotherFormLeadsToNoExecution(_ key: String, _ id: String) throws {
        let (row, metrics) = try settled("start_key", Self.attribute(key))
        #expect(row.key.executionID == id)
        #expect(metrics["QueriesFinished"] == 2 && metrics["QueriesUnknownToAthena"] == 1)
    }
}
