import AWS
import Alerting
import Reporting
import Testing
import Time

@testable import Alerter

/// The SQL of a row, and what reports make of it.
@Suite struct StoredSQLRowTests {
    private static let sql = "SELECT a FROM orders WHERE name = 'Ada' AND day = 20261126"

    private func row(_ stored: StoredSQL, sql: String? = sql) -> Item {
        let key = QueryKey(startTime: .now, executionID: "q")
        let query = FinishedQuery(key: key, state: .succeeded, user: "ada", dataScanned: 1, sql: sql)
        let row = Item(key).merging(RowClosing.finished(query).attributes(keeping: stored)) { _, new in new }
        return row.merging(["start_timestamp": .string(key.startTimestamp), "query_execution_id": "q"]) { _, new in new
        }
    }

    private func line(_ stored: StoredSQL, sql: String = sql) throws -> HistoryLine {
        HistoryLine(try #require(try FinishedQuery(row: row(stored, sql: sql))), sql: .full)
    }

    @Test func aRowWithAllOfItsSQLIsAsItWas() throws {
        let row = row(.full)
        #expect(row["query_sql"] == .string(Self.sql))
        #expect(row["query_sql_cut"] == nil && row["query_shape"] == nil)
        #expect(self.row(.beginning(ByteSize(bytes: 1000))).keys.sorted() == row.keys.sorted())
        #expect(self.row(.beginning(ByteSize(bytes: 0)), sql: nil)["query_shape"] == nil)
    }

    @Test func aRowSaysThatItsSQLIsCut() throws {
        let row = row(.beginning(ByteSize(bytes: 20)))
        #expect(row["query_sql"] == "SELECT a FROM orders")
        #expect(row["query_sql_cut"] == .boolean(true))
        let line = try line(.beginning(ByteSize(bytes: 20)))
        #expect(line.query.isSQLCut && line.query.sql == "SELECT a FROM orders")
    }

    @Test(arguments: [0, 1, 20, 40])
    func theShapeIsThatOfTheWhole(_ bytes: Int64) throws {
        let stored = StoredSQL.beginning(ByteSize(bytes: bytes))
        let other = Self.sql.replacing("day", with: "week")
        let shape = try #require(try line(.full).shape)
        #expect(try line(stored).shape == shape)
        #expect(try line(stored, sql: Self.sql.replacing("Ada", with: "Grace")).shape == shape)
        #expect(try line(stored, sql: other).shape != shape)
    }

    @Test func aRowWithoutSQLHasNothingToCut() throws {
        let line = try line(.beginning(ByteSize(bytes: 0)))
        #expect(line.query.sql == nil && !line.query.isSQLCut && line.shape != nil)
        #expect(row(.beginning(ByteSize(bytes: 0)))["query_sql"] == nil)
    }
}
