/// The use of tables by one SQL statement, as far as its text tells for certain.
///
/// The shape is for advice, not for access: what the reader does not understand it refuses as a whole, so that no advice
/// rests on a guess. The grammar is Trino's, which Athena uses for DML:
/// https://docs.aws.amazon.com/athena/latest/ug/dml-queries-functions-operators.html
package struct StatementShape: Sendable, Equatable {
    /// The kind of statement.
    package let kind: Kind
    /// The table that it writes, where there is one.
    package let target: TableName?
    /// The tables that it reads, one for each mention in its text.
    package let tables: [TableRead]
    /// The effect of its LIMIT, nil without one.
    package let limit: Limit?
    /// Tables that are joined without a condition, in pairs.
    package let crossJoins: [CrossJoin]
    /// Whether distinct values are counted exactly.
    package let countsDistinct: Bool
    /// Whether rows are grouped, summed up or made distinct anywhere.
    package let aggregates: Bool
    /// Whether the same text always means the same, so that an earlier result may stand for it.
    package let isDeterministic: Bool

    /// The kinds of statements that are told apart.
    package enum Kind: String, Sendable {
        case query
        case insert
        case createTableAs = "create table as"
        case unload
        case merge
        case update
        case delete
        case optimize
        case vacuum
        /// DDL, SHOW and others that read no data.
        case definition
    }

    /// A LIMIT of the whole statement.
    package enum Limit: Sendable, Equatable {
        /// Rows are taken as they come, so the scan may stop early.
        case early
        /// All rows are read before this step, and the LIMIT comes after it.
        case after(Step)
    }

    /// A step that needs all rows.
    package enum Step: String, Sendable {
        case sort = "ORDER BY"
        case aggregate = "the aggregation"
        case distinct = "DISTINCT"
        case window = "the window function"
    }

    /// Two tables of which each row meets each row.
    package struct CrossJoin: Sendable, Equatable {
        package let left: TableName
        package let right: TableName
    }

    /// The reason why a statement has no shape.
    package struct NotUnderstood: Error, Equatable {
        /// The reason in plain words.
        package let reason: String
    }

    /// Reads a statement.
    ///
    /// - Parameter views: the SQL of the views that it may name; they are read as if their text stood there.
    /// - Throws: ``NotUnderstood`` with the place from which on the text is not understood.
    package init(_ sql: String, views: [TableName: View] = [:]) throws(NotUnderstood) {
        self = try StatementReader.shape(of: sql, views: views)
    }

    init(kind: Kind, target: TableName? = nil, query: QueryResult? = nil, notes: StatementNotes = StatementNotes()) {
        self.kind = kind
        self.target = target
        let whole = kind == .query ? Set(query?.columns.wholeTables ?? []) : []
        tables = notes.tables.enumerated().map { index, table in
            var table = table
            table.isReadWhole = whole.contains(index)
            return table
        }
        limit = query?.limit
        crossJoins = notes.crossJoins
        countsDistinct = notes.countsDistinct
        aggregates = notes.aggregates
        isDeterministic = !notes.isNondeterministic
    }
}

/// The name of a table, in lower case as Athena looks it up.
package struct TableName: Sendable, Hashable {
    /// The catalog; nil where the name has none.
    package let catalog: String?
    /// The database; nil where the name has none.
    package let database: String?
    package let table: String

    package init(catalog: String? = nil, database: String? = nil, table: String) {
        self.catalog = catalog
        self.database = database
        self.table = table
    }

    /// This name with the catalog and the database in which it is looked up.
    package func within(database: String?, catalog: String?) -> TableName {
        TableName(catalog: self.catalog ?? catalog, database: self.database ?? database, table: table)
    }

    init?(parts: [String]) {
        guard let table = parts.last, parts.count <= 3 else { return nil }
        self.init(
            catalog: parts.count > 2 ? parts[0] : nil,
            database: parts.count > 1 ? parts[parts.count - 2] : nil,
            table: table
        )
    }
}

extension TableName: CustomStringConvertible {
    package var description: String { [catalog, database, table].compactMap(\.self).joined(separator: ".") }
}

/// The text of a view.
package struct View: Sendable, Equatable {
    package let sql: String
    /// The database and catalog in which its tables are looked up.
    package let database: String?
    package let catalog: String?

    package init(sql: String, database: String?, catalog: String? = nil) {
        self.sql = sql
        self.database = database
        self.catalog = catalog
    }
}

/// A table that a statement reads.
package struct TableRead: Sendable, Equatable {
    package let name: TableName
    /// Whether `*` carries all its columns into the statement's result.
    package internal(set) var isReadWhole = false
    /// The conditions of WHERE and ON on its columns.
    package internal(set) var predicates: [Predicate] = []
    /// Whether a condition may be on any of its columns, because the text does not tell on which.
    package internal(set) var hasUnclearPredicates = false
    /// The columns with a condition that stands outside of the alternatives.
    package internal(set) var requiredColumns: Set<String> = []
    /// The alternatives of each WHERE that has an OR outside of parentheses.
    package internal(set) var alternatives: [Set<Alternative>] = []

    /// The conditions between two ORs.
    package struct Alternative: Sendable, Hashable {
        /// The columns of the table that it names.
        package let columns: Set<String>
        /// Whether it names columns and nothing else, each for certain.
        package let isClear: Bool
    }

    init(name: TableName) {
        self.name = name
    }
}

/// A column in a condition.
package struct Predicate: Sendable, Hashable {
    package let column: String
    package let form: Form
    /// Whether the column is this table's for certain: a name without its table may be another's.
    package let isCertain: Bool

    /// The way in which a column stands in a condition.
    package enum Form: Sendable, Hashable {
        /// It is compared as it is.
        case direct
        /// It is compared inside a call of this function, such as `date` or `cast`.
        case function(String)
        /// It is a part of something else.
        case expression
    }
}
