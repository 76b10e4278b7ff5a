import AWS
import Alerting
import Commands
import JSON
import LambdaRuntime
import Time

/// Athena's system table of ended queries, which keeps them for longer than the API remembers them. Each region has its
/// own, where it is switched on. Reading it is a query that is billed.
///
/// https://docs.aws.amazon.com/athena/latest/ug/athena-system-table-query-executions.html
struct SystemTable {
    /// The starts that one query asks for: the SQL may have 262,144 bytes, and each id takes about 40.
    static let maximumCount = 2000
    private static let timeLimit = Duration.seconds(900)
    /// A query may be submitted later than its start says.
    private static let slack = Duration.seconds(3600)

    let place: Place
    /// The client for queries of a region, nil for the client's own.
    let athena: (String?) -> Athena

    /// The workgroup and the folder of the queries of the table.
    struct Place: Equatable {
        /// The workgroup, when it is not `primary`.
        var workgroup: String?
        /// The folder of the results, when the workgroup does not set one.
        var outputLocation: String?
    }

    /// Reads some starts, region by region.
    ///
    /// - Parameter take: takes each start with the answer that has its execution; nil when the table does not have it.
    func read(_ starts: [OpenQuery], _ take: (OpenQuery, Athena.Answer?) throws -> Void) throws {
        for (region, starts) in Dictionary(grouping: starts, by: { $0.region ?? "" }).sorted(by: { $0.key < $1.key }) {
            var open = Dictionary(starts.map { ($0.key.executionID, $0) }) { first, _ in first }
            if let statement = Self.statement(for: starts) {
                try run(statement, in: region.isEmpty ? nil : region) { execution in
                    guard let start = open.removeValue(forKey: try execution.required("QueryExecutionId")) else {
                        return
                    }
                    try take(start, Athena.Answer(json: ["QueryExecutions": [execution]]))
                }
            }
            for start in open.values { try take(start, nil) }
        }
    }

    /// The statement that selects the rows of some starts; nil when none of them can be in the table.
    ///
    /// It names no column that only the documentation of one day knows: what the columns are is read from the result.
    static func statement(for starts: [OpenQuery]) -> String? {
        // An id comes from a log file, and only Athena's own form may become a part of the SQL.
        let ids = starts.map(\.key.executionID).filter { id in
            !id.isEmpty && id.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Character(Unicode.Scalar($0)).isHexDigit }
        }
        let times = starts.compactMap(\.key.startTime)
        guard !ids.isEmpty, let first = times.min(), let last = times.max() else { return nil }
        return """
            SELECT * FROM "s3tablescatalog/aws-athena"."metadata"."query_executions" \
            WHERE submission_date_time BETWEEN TIMESTAMP '\((first - slack).dateAndTime) UTC' \
            AND TIMESTAMP '\((last + slack).dateAndTime) UTC' \
            AND query_execution_id IN (\(ids.map { "'\($0)'" }.joined(separator: ",")))
            """
    }

    private func run(_ statement: String, in region: String?, _ take: (JSONValue) throws -> Void) throws {
        let athena = athena(region)
        let deadline = Deadline.after(Self.timeLimit)
        let workgroup = place.workgroup ?? "primary"
        let terminal = Terminal()
        terminal.say("a query in the workgroup \(workgroup) reads Athena's system table; what it scans is billed")
        let request = QueryRequest(
            sql: statement,
            token: QueryRequest.token(for: statement, "\(Timestamp.now.millisecondsSince1970)"),
            outputLocation: place.outputLocation,
            workgroup: place.workgroup
        )
        let execution = try athena.wait(for: try athena.start(request, before: deadline), before: deadline)
        guard execution.state == .succeeded else {
            throw HandlerError.misconfigured(
                "Athena's system table could not be read: the query \(execution.id) is \(execution.state)"
                    + (execution.stateChangeReason.map { ", \($0)" } ?? "")
            )
        }
        terminal.say("it scanned \(execution.bytesScanned) bytes")
        var token: String?
        repeat {
            let page = try athena.results(
                of: execution.id,
                from: token,
                count: Athena.maximumRowCount,
                before: deadline
            )
            let names = page.columns.map(\.name)
            let columns = try SystemTableColumns(names)
            // The first page of a SELECT begins with a header.
            let header = token == nil && page.rows.first == names ? 1 : 0
            for row in page.rows.dropFirst(header) { try take(columns.execution(in: row)) }
            token = page.nextToken
        } while token != nil
    }
}
