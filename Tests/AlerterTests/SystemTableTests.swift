import AWS
import Alerting
import JSON
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// The statement about Athena's system table, and its columns, by values.
struct SystemTableTests {
    private func start(_ id: String, _ time: String) throws -> OpenQuery {
        let key = "\(time)#\(id)"
        return try #require(OpenQuery(["start_date": .string(String(time.prefix(10))), "start_key": .string(key)]))
    }

    @Test func theStatementSelectsTheStartsInTheirTime() throws {
        let starts = [try start("b-1", "2026-03-05 14:30:07"), try start("a-2", "2026-03-02 00:10:00")]
        let statement = try #require(SystemTable.statement(for: starts))
        #expect(
            statement.contains("BETWEEN TIMESTAMP '2026-03-01 23:10:00 UTC' AND TIMESTAMP '2026-03-05 15:30:07 UTC'")
        )
        #expect(statement.hasSuffix("query_execution_id IN ('b-1','a-2')"))
    }

    @Test(arguments: ["", "x'y", "a b", "1';--", "é"])
    func anIDOfAnotherFormIsNoPartOfTheStatement(_ id: String) throws {
        let other = try start(id, "2026-03-05 14:30:07")
        #expect(SystemTable.statement(for: [other]) == nil)
        let known = try start("b-1", "2026-03-05 14:30:07")
        #expect(SystemTable.statement(for: [other, known])?.hasSuffix("IN ('b-1')") == true)
    }

    @Test func theLargestStatementFits() throws {
        let id = "0123abcd-0123-0123-0123-0123456789ab"
        let starts = try (0..<SystemTable.maximumCount).map { _ in try start(id, "2026-03-05 14:30:07") }
        #expect(try #require(SystemTable.statement(for: starts)).utf8.count < 262_144)
    }

    @Test func aRowIsAnExecutionOfTheAPI() throws {
        let columns = try SystemTableColumns([
            "query_execution_id", "work_group_name", "query_string", "catalog_name", "database_name", "state",
            "state_change_reason", "statement_type", "submission_date_time", "completion_date_time",
            "data_scanned_in_bytes", "total_execution_time_in_millis", "reused_previous_result", "dpu_count",
            "effective_engine_version", "tables_accessed",
        ])
        let json = columns.execution(in: [
            "e-1", "bi", "SELECT 1", "awsdatacatalog", "shop", "CANCELLED", "by user", "DML",
            "2026-03-05 14:30:07.123 UTC", "2026-03-05 14:31:07.000 UTC", "1099511627776", "60000", "true", "4.5",
            "Athena engine version 3", "[]",
        ])
        let execution = try QueryExecution(json: json)
        #expect(execution.id == "e-1" && execution.workgroup == "bi" && execution.sql == "SELECT 1")
        #expect(execution.catalog == "awsdatacatalog" && execution.database == "shop")
        #expect(execution.state == .cancelled && execution.stateChangeReason == "by user")
        #expect(execution.statementType == "DML" && execution.engineVersion == "Athena engine version 3")
        #expect(execution.submitted?.dateAndTime == "2026-03-05 14:30:07")
        #expect(execution.completed?.dateAndTime == "2026-03-05 14:31:07")
        #expect(execution.bytesScanned == 1 << 40 && execution.milliseconds == 60_000)
        #expect(execution.isResultReused && execution.capacityUnits == 4.5)
    }

    @Test func whatTheTableDoesNotTellIsLeftOut() throws {
        let columns = try SystemTableColumns([
            "query_execution_id", "state", "submission_date_time", "bytes_scanned", "dpu_count",
        ])
        let execution = try QueryExecution(
            json: columns.execution(in: ["e-1", "FAILED", "2026-03-05 14:30:07.123 UTC", nil])
        )
        #expect(
            execution.bytesScanned == 0 && execution.sql == nil && execution.completed == nil
                && execution.capacityUnits == nil
        )
    }

    @Test(arguments: ["query_execution_id", "state", "submission_date_time", "bytes_scanned"])
    func aTableWithoutANeededColumnIsRefused(_ name: String) throws {
        let names = ["query_execution_id", "state", "submission_date_time", "bytes_scanned"]
        #expect(throws: HandlerError.self) { _ = try SystemTableColumns(names.filter { $0 != name } + ["other"]) }
        _ = try SystemTableColumns(names)
    }
}
