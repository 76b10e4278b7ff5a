/// The reader's notes on a statement so far.
struct StatementNotes {
    var tables: [TableRead] = []
    var crossJoins: [StatementShape.CrossJoin] = []
    var countsDistinct = false
    var aggregates = false
    var isNondeterministic = false
    private var known: Set<KnownPredicate> = []

    private struct KnownPredicate: Hashable {
        let table: Int
        let predicate: Predicate
    }

    /// Notes a condition on a column of a table.
    mutating func add(_ predicate: Predicate, to table: Int, isAlternative: Bool) {
        if !isAlternative { tables[table].requiredColumns.insert(predicate.column) }
        guard known.insert(KnownPredicate(table: table, predicate: predicate)).inserted else { return }
        tables[table].predicates.append(predicate)
    }
}

/// A column as a text names it, in its parts between dots.
struct ColumnReference {
    let path: [String]
    var form: Predicate.Form
    /// The number of the condition between two ANDs or ORs that it stands in.
    var condition = 0
    /// The number of the alternative that it stands in; nil outside of a WHERE with alternatives.
    var alternative: Int?
    /// Whether an enclosing query may be meant.
    var mayBeOuter = false
}

/// The columns that a query gives to those who read from it.
struct QueryColumns {
    /// A column with its name, nil for one without, and the columns of tables from which it comes.
    struct Output {
        var name: String?
        var sources: [ColumnSource]
        /// Tables of which any column may be in it.
        var unclear: [Int] = []
    }

    var outputs: [Output] = []
    /// The places of the outputs by their names, once these are known.
    private var places: [String: [Int]] = [:]
    /// The tables of which `*` gives all columns.
    var wholeTables: [Int] = []
    /// All tables that are read in it.
    var allTables: [Int] = []
    /// Whether the text does not tell which column is which.
    var isVague = false

    /// The outputs of a name.
    func outputs(named name: String) -> [Output] { (places[name] ?? []).map { outputs[$0] } }

    /// Takes the names of the outputs as they are now.
    mutating func index() {
        places = [:]
        for (place, output) in outputs.enumerated() {
            if let name = output.name { places[name, default: []].append(place) }
        }
    }

    /// The number of values that a copy has to copy.
    var size: Int {
        outputs.reduce(wholeTables.count + allTables.count) { $0 + 1 + $1.sources.count + $1.unclear.count }
    }
}

/// A column of a table that a column of a query comes from.
struct ColumnSource: Hashable {
    let table: Int
    let column: String
    var form: Predicate.Form
    let isCertain: Bool
}

/// A query as its surroundings see it.
struct QueryResult {
    var columns = QueryColumns()
    /// The step after which rows come, nil when they come as they are read.
    var step: StatementShape.Step?
    /// Whether a LIMIT in it may stop the scan early.
    var stopsEarly = false
    var limit: StatementShape.Limit?
    /// The columns that may be an enclosing query's.
    var outerReferences: [ColumnReference] = []
}
