import JSON
import LambdaRuntime
import Time

/// The columns of Athena's system table, which have what `GetQueryExecution` tells under names of their own.
///
/// The result says which columns there are. Where AWS's pages do not settle a name, the likely ones are tried.
struct SystemTableColumns {
    private static let id = ["query_execution_id"]
    private static let state = ["state", "query_state", "status", "query_status"]
    private static let submitted = ["submission_date_time"]
    private static let bytes = ["data_scanned_in_bytes", "data_scanned_bytes", "bytes_scanned", "data_scanned"]
    private static let milliseconds = ["total_execution_time_in_millis", "total_execution_time_millis"]
    private static let engineMilliseconds = ["engine_execution_time_in_millis", "engine_execution_time_millis"]
    private static let reuse = ["reused_previous_result", "is_result_reused"]
    private static let engine = ["effective_engine_version", "engine_version"]

    private let indices: [String: Int]

    /// Finds the columns.
    ///
    /// - Throws: ``HandlerError`` when one without which a row says nothing has none of its names.
    init(_ names: [String]) throws(HandlerError) {
        indices = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
        for (member, candidates) in [
            ("the id", Self.id), ("the state", Self.state), ("the submission", Self.submitted),
            ("the bytes scanned", Self.bytes),
        ] where !candidates.contains(where: { indices[$0] != nil }) {
            throw .misconfigured(
                "Athena's system table has no column for \(member) that this version knows; it has "
                    + names.joined(separator: ", ")
            )
        }
    }

    /// An execution in the form of the API.
    func execution(in row: [String?]) -> JSONValue {
        func text(_ names: [String]) -> String? {
            names.lazy.compactMap { indices[$0] }.first { $0 < row.count }.flatMap { row[$0] }
        }
        func string(_ names: String...) -> JSONValue? { text(names).map { .string($0) } }
        func integer(_ names: [String]) -> JSONValue? { text(names).flatMap { Int64($0) }.map { .integer($0) } }
        // "2026-03-05 14:30:07.123 UTC"
        func time(_ names: [String]) -> JSONValue? {
            text(names).flatMap { Timestamp(dateAndTime: String($0.prefix(19))) }.map { .integer($0.secondsSince1970) }
        }
        return .object(of: [
            "QueryExecutionId": text(Self.id).map { .string($0) },
            "Query": string("query_string"),
            "StatementType": string("statement_type"),
            "WorkGroup": string("work_group_name"),
            "QueryExecutionContext": .object(of: [
                "Database": string("database_name"), "Catalog": string("catalog_name"),
            ]),
            "EngineVersion": .object(of: ["EffectiveEngineVersion": text(Self.engine).map { .string($0) }]),
            "Status": .object(of: [
                "State": text(Self.state).map { .string($0) },
                "StateChangeReason": string("state_change_reason"),
                "SubmissionDateTime": time(Self.submitted),
                "CompletionDateTime": time(["completion_date_time"]),
            ]),
            "Statistics": .object(of: [
                "DataScannedInBytes": integer(Self.bytes),
                "TotalExecutionTimeInMillis": integer(Self.milliseconds),
                "EngineExecutionTimeInMillis": integer(Self.engineMilliseconds),
                "ResultReuseInformation": .object(of: [
                    "ReusedPreviousResult": text(Self.reuse).map { .bool($0 == "true") }
                ]),
                "DpuCount": text(["dpu_count"]).flatMap { Double($0) }.map { .number($0) },
            ]),
        ])
    }
}
