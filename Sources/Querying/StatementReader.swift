/// Reads the shape of a statement, one token after the other. What it does not know it refuses.
struct StatementReader {
    typealias NotUnderstood = StatementShape.NotUnderstood

    private static let deepestNesting = 64
    /// The number of values that may be looked at or copied more than once, which keeps the time in proportion to the text.
    private static let mostWork = 100_000
    /// First words of statements that read no data of tables.
    private static let definitions: Set<String> = [
        "alter", "create", "deallocate", "desc", "describe", "drop", "msck", "prepare", "show",
    ]

    var tokens: [SQLToken]
    let views: [TableName: View]
    var index = 0
    var notes = StatementNotes()
    /// The database and the catalog of names in a view; nil outside of views.
    var place: (database: String?, catalog: String?)
    /// Whether the query that is read stands in an expression, so that its columns may be an enclosing query's.
    var isInExpression = false
    private var depth = 0
    private var work = 0

    static func shape(of sql: String, views: [TableName: View]) throws(NotUnderstood) -> StatementShape {
        var reader = StatementReader(tokens: tokens(of: sql), views: views)
        return try reader.statement()
    }

    private init(tokens: [SQLToken], views: [TableName: View]) {
        self.tokens = tokens
        self.views = views
    }

    static func tokens(of sql: String) -> [SQLToken] {
        var tokens = SQLToken.tokens(of: Array(sql.utf8)).filter { $0.kind != .comment }
        while tokens.last?.isSign(";") == true { tokens.removeLast() }
        return tokens
    }

    // MARK: - Statements

    private mutating func statement() throws(NotUnderstood) -> StatementShape {
        guard let word = peekWord else {
            guard peek?.isSign("(") == true else { throw misunderstanding("there is no statement") }
            return try wholeQuery()
        }
        switch word {
        case "select", "with", "values": return try wholeQuery()
        case "explain": return try explain()
        case "insert": return try insert()
        case "create": return try create()
        case "unload": return try unload()
        case "merge", "update", "delete", "optimize", "vacuum": return try change(word)
        case _ where Self.definitions.contains(word): return StatementShape(kind: .definition)
        default: throw misunderstanding("'\(word)' begins no statement that is known")
        }
    }

    private mutating func wholeQuery() throws(NotUnderstood) -> StatementShape {
        let query = try query(names: [:])
        return try finished(.query, query: query)
    }

    private func finished(
        _ kind: StatementShape.Kind,
        target: TableName? = nil,
        query: QueryResult? = nil
    ) throws(NotUnderstood) -> StatementShape {
        guard index == tokens.count else { throw misunderstanding("the statement goes on after its end") }
        return StatementShape(kind: kind, target: target, query: query, notes: notes)
    }

    private mutating func explain() throws(NotUnderstood) -> StatementShape {
        index += 1
        guard take("analyze") else { return StatementShape(kind: .definition) }
        // The result is about this run alone.
        notes.isNondeterministic = true
        _ = take("verbose")
        if peek?.isSign("(") == true, word(after: 1) == "format" { try skipGroup() }
        return try statement()
    }

    private mutating func insert() throws(NotUnderstood) -> StatementShape {
        index += 1
        try expect("into")
        let target = try tableName()
        if peek?.isSign("(") == true, !beginsQuery(at: index + 1) { try skipGroup() }
        let query = try query(names: [:])
        return try finished(.insert, target: target, query: query)
    }

    /// `CREATE TABLE … AS query`; any other CREATE reads no data.
    private mutating func create() throws(NotUnderstood) -> StatementShape {
        index += 1
        guard take("table") else { return StatementShape(kind: .definition) }
        if take("if") {
            try expect("not")
            try expect("exists")
        }
        // What follows is read only for a table that is made of a query; other tables are Hive's to define.
        guard let target = try? tableName() else { return StatementShape(kind: .definition) }
        while let token = peek, !token.isWord("as") {
            guard token.isSign("(") else {
                index += 1
                continue
            }
            do { try skipGroup() } catch { return StatementShape(kind: .definition) }
        }
        guard take("as") else { return StatementShape(kind: .definition) }
        let query = try query(names: [:])
        if take("with") {
            _ = take("no")
            try expect("data")
        }
        return try finished(.createTableAs, target: target, query: query)
    }

    private mutating func unload() throws(NotUnderstood) -> StatementShape {
        index += 1
        try expectSign("(")
        let query = try query(names: [:])
        try expectSign(")")
        try expect("to")
        while let token = peek {
            if token.isSign("(") { try skipGroup() } else { index += 1 }
        }
        return try finished(.unload, query: query)
    }

    private mutating func change(_ word: String) throws(NotUnderstood) -> StatementShape {
        index += 1
        var select = SelectParts(names: [:])
        if word == "merge" { try expect("into") }
        if word == "delete" { try expect("from") }
        let start = index
        let target = try tableName()
        index = start
        if word != "vacuum" { try relation(&select) }
        switch word {
        case "merge":
            try expect("using")
            try relation(&select)
            try expect("on")
            try condition(&select)
            try skip(before: nil)
        case "update", "optimize": try skip(before: "where")
        default: break
        }
        if word == "vacuum" { _ = try tableName() }
        if take("where") { try condition(&select) }
        _ = try resolve(&select)
        return try finished(StatementShape.Kind(rawValue: word) ?? .definition, target: target)
    }

    /// Skips to a word, or to the end. A query that hides there is not understood.
    private mutating func skip(before word: String?) throws(NotUnderstood) {
        while let token = peek, word.map(token.isWord) != true {
            if token.isSign("(") { try skipGroup() } else { index += 1 }
        }
    }

    // MARK: - Limits

    /// Does a part that is nested in another, unless that is too deep.
    mutating func nested<Result>(
        _ part: (inout StatementReader) throws(NotUnderstood) -> Result
    ) throws(NotUnderstood) -> Result {
        depth += 1
        guard depth <= Self.deepestNesting else { throw misunderstanding("it is nested too deep") }
        let result = try part(&self)
        depth -= 1
        return result
    }

    mutating func count(work more: Int) throws(NotUnderstood) {
        work += more
        guard work <= Self.mostWork else { throw misunderstanding("its queries pass on too many columns") }
    }
}
