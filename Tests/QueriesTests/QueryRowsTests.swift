import JSON
import Testing
import Time

@testable import AWS
@testable import Queries

@Suite struct QueryRowsTests {
    private func rows(_ rows: [[String?]], location: String = "s3://b/e1.csv", isFirst: Bool = true) throws -> QueryRows
    {
        let execution = try QueryExecution(
            json: [
                "QueryExecutionId": "e1", "Status": ["State": "SUCCEEDED"],
                "ResultConfiguration": ["OutputLocation": .string(location)],
            ]
        )
        let columns: [ResultPage.Column] = [.init(name: "id", type: "integer"), .init(name: "id", type: "varchar")]
        let page = ResultPage(columns: columns, rows: rows, nextToken: nil)
        return QueryRows(page, of: execution, isFirst: isFirst)
    }

    @Test func theHeaderOfASelectIsLeftOut() throws {
        let values: [[String?]] = [["id", "id"], ["1", nil]]
        #expect(try rows(values).rows == [["1", nil]])
        #expect(try rows(values, isFirst: false).rows == values)
        #expect(try rows(values, location: "s3://b/e1.txt").rows == values)
    }

    @Test func columnsOfOneNameAreToldApart() throws {
        let rows = try rows([["1", "2"]])
        #expect(rows.objects(isTyped: true) == [["id": 1, "id_2": "2"]])
        #expect(rows.objects(isTyped: false) == [["id": "1", "id_2": "2"]])
        #expect(rows.header == [["name": "id", "type": "integer"], ["name": "id_2", "type": "varchar"]])
    }

    @Test func allPagesAreRead() throws {
        let athena = FakeAthena(.init(rows: (0..<2500).map { ["\($0)"] }))
        let id = try athena.start(QueryRequest(sql: "SELECT 1", token: "t"), before: .after(.seconds(1)))
        let execution = try athena.execution(id, before: .after(.seconds(1)))
        let all = try QueryRows.all(of: execution, from: athena, before: .after(.seconds(1)))
        #expect(all.rows.map(\.first) == (0..<2500).map { "\($0)" })
        #expect(athena.calls.count { $0 == "results" } == 3)
    }

    @Test(
        arguments: [
            ("integer", ["VarCharValue": "x"], "x"),
            ("integer", ["VarCharValue": .string(digits)], .string(digits)), ("bigint", ["VarCharValue": ""], ""),
            ("double", ["VarCharValue": "1e999"], "1e999"), ("boolean", ["VarCharValue": "yes"], "yes"),
            ("", ["VarCharValue": "7"], "7"), ("new_type(7)", ["VarCharValue": "\0\u{2028}"], "\0\u{2028}"),
            ("integer", ["VarCharValue": .null], .null), ("integer", [:], .null),
        ] as [(String, JSONValue, JSONValue)]
    )
    func aValueThatDoesNotFitItsTypeStaysAString(_ type: String, _ value: JSONValue, _ expected: JSONValue) throws {
        let execution = try QueryExecution(json: ["QueryExecutionId": "e1", "Status": ["State": "SUCCEEDED"]])
        let page = try ResultPage(
            json: [
                "ResultSet": [
                    "Rows": [["Data": [value]]],
                    "ResultSetMetadata": ["ColumnInfo": [["Name": "n", "Type": .string(type)]]],
                ]
            ]
        )
        let rows = QueryRows(page, of: execution, isFirst: true)
        #expect(rows.objects(isTyped: true) == [["n": expected]] && rows.values(isTyped: true) == [[expected]])
    }

    private static let digits = String(repeating: "9", count: 400)
}
