import AWS
import JSON
import Querying
import Time

/// Rows of a query's result, without the header that Athena puts before those of a SELECT.
struct QueryRows {
    /// Lambda's answers hold 6 MB; what is around the rows needs some of it.
    static let longestAnswer = 6_000_000

    /// The columns, in order.
    let columns: [ResultPage.Column]
    /// The rows, with nil for NULL.
    private(set) var rows: [[String?]]
    /// What to ask for the next page with.
    private(set) var nextToken: String?

    /// Takes a page of an execution's result.
    ///
    /// - Parameter isFirst: whether the page is the result's first, which may have a header.
    init(_ page: ResultPage, of execution: QueryExecution, isFirst: Bool) {
        columns = page.columns
        rows = page.rows
        nextToken = page.nextToken
        if isFirst, Self.haveHeader(execution), rows.first == columns.map(\.name) { rows.removeFirst() }
    }

    /// Whether the rows of an execution begin with a header: those in CSV files do, and not those of listings and plans,
    /// which are plain text.
    static func haveHeader(_ execution: QueryExecution) -> Bool {
        execution.outputLocation?.hasSuffix(".csv") ?? (execution.statementType == "DML")
    }

    /// Reads all pages of a result.
    static func all(
        of execution: QueryExecution,
        in athena: Athena,
        before deadline: Deadline
    ) throws(QueryFailure) -> QueryRows {
        let id = execution.id
        do throws(AWSError) {
            var length = 0
            var all: QueryRows?
            repeat {
                let page = try athena.results(
                    of: id,
                    from: all?.nextToken,
                    count: Athena.maximumRowCount,
                    before: deadline
                )
                let rows = QueryRows(page, of: execution, isFirst: all == nil)
                length += rows.leastLength
                guard length < longestAnswer else { break }
                if all == nil { all = rows } else { all?.append(rows) }
            } while all?.nextToken != nil
            if let all, length < longestAnswer { return all }
        } catch {
            throw QueryFailure(error, of: id)
        }
        throw .tooLong(id)
    }

    /// How long the rows are as objects in the text that is an answer's body, at the least: there, a quote is two bytes.
    private var leastLength: Int {
        let around = columns.reduce("{}".utf8.count) { $0 + $1.name.utf8.count + #"\"\":,"#.utf8.count }
        return rows.reduce(0) { $0 + $1.reduce(around) { $0 + ($1?.utf8.count ?? 0) } }
    }

    private mutating func append(_ other: QueryRows) {
        rows += other.rows
        nextToken = other.nextToken
    }

    /// The rows as objects, with names that tell columns apart.
    func objects(isTyped: Bool) -> JSONValue {
        let names = TypedValue.distinct(columns.map(\.name))
        return .array(
            values(isTyped: isTyped).map { row in
                .object(zip(names, row).map { JSONValue.Member($0, $1) })
            }
        )
    }

    /// The rows' values in the order of the columns.
    func values(isTyped: Bool) -> [[JSONValue]] {
        rows.map { row in
            zip(columns, row).map { column, text in TypedValue.json(text, type: isTyped ? column.type : "varchar") }
        }
    }

    /// The columns' names and types.
    var header: JSONValue {
        let names = TypedValue.distinct(columns.map(\.name))
        return .array(zip(names, columns).map { ["name": .string($0), "type": .string($1.type)] })
    }
}

extension QueryFailure {
    static func tooLong(_ executionID: String) -> QueryFailure {
        QueryFailure(
            status: 413,
            code: "ResultTooLong",
            message: "the result is longer than the \(QueryRows.longestAnswer / 1_000_000) MB that an answer holds",
            executionID: executionID
        )
    }
}
