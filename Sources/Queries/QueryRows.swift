import AWS
import JSON
import Querying
import Time

/// Reads the result of an execution, page by page.
protocol ResultReading {
    func results(
        of id: String,
        from token: String?,
        count: Int,
        before deadline: Deadline
    ) throws(AWSError) -> ResultPage
}

extension Athena: ResultReading {}

/// Rows of a query's result, without the header that Athena puts before those of a SELECT.
struct QueryRows: Equatable {
    /// The longest answer in bytes: Lambda takes 6 MB, of which some is left for what is around the rows.
    static let longestAnswer = 6_000_000

    let columns: [ResultPage.Column]
    /// The rows in the order of the columns, with nil for NULL.
    private(set) var rows: [[String?]]
    /// The token of the next page; nil after the last.
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

    /// Whether the rows of an execution begin with a header: those in CSV files do; those of listings and plans, which
    /// are plain text, do not.
    static func haveHeader(_ execution: QueryExecution) -> Bool {
        execution.outputLocation?.hasSuffix(".csv") ?? (execution.statementType == "DML")
    }

    /// Reads all pages of a result, unless an answer cannot hold them.
    static func all(
        of execution: QueryExecution,
        from reader: any ResultReading,
        before deadline: Deadline
    ) throws(QueryFailure) -> QueryRows {
        let id = execution.id
        do throws(AWSError) {
            var length = 0
            var all: QueryRows?
            repeat {
                let page = try reader.results(
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
        throw QueryFailure(.resultTooLong, of: id)
    }

    /// A lower bound of the rows' length as objects in the text that is an answer's body, where a quote is two bytes.
    private var leastLength: Int {
        let around = columns.reduce("{}".utf8.count) { $0 + $1.name.utf8.count + #"\"\":,"#.utf8.count }
        return rows.reduce(0) { $0 + $1.reduce(around) { $0 + ($1?.utf8.count ?? 0) } }
    }

    private mutating func append(_ other: QueryRows) {
        rows += other.rows
        nextToken = other.nextToken
    }

    /// The rows as objects, whose member names are distinct.
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
