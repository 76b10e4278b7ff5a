/// Goes through the tokens of a statement and checks every table that it names.
struct ReadOnlySQLReader {
    typealias Refusal = ReadOnlySQL.Refusal

    private static let deepestNesting = 64
    /// Reserved words after which a FROM clause is over; LIMIT and others could be names.
    private static let endsOfFrom: Set<String> = [
        "where", "group", "having", "order", "union", "intersect", "except", "select",
    ]
    /// Reserved words of statements that write, or that this check does not follow.
    private static let refusedWords: Set<String> = [
        "table", "into", "insert", "delete", "create", "drop", "alter", "execute", "prepare", "deallocate", "recursive",
    ]
    /// Functions whose arguments may have a FROM of their own.
    private static let functionsWithFrom: Set<String> = ["extract", "trim", "substring"]
    /// First words of a query in parentheses.
    private static let queryWords: Set<String> = ["select", "with", "values"]

    let tokens: [SQLToken]
    let check: ReadOnlySQL
    private var index = 0
    private var depth = 0

    init(tokens: [SQLToken], check: ReadOnlySQL) {
        self.tokens = tokens
        self.check = check
    }

    // MARK: - Statements

    /// `SELECT …`, `WITH … SELECT …`, or `VALUES …`, maybe in parentheses.
    mutating func statement() throws(Refusal) {
        var start = index
        while start < tokens.count, tokens[start].isSign("(") { start += 1 }
        guard start < tokens.count, case .word(let word) = tokens[start].kind, Self.queryWords.contains(word) else {
            throw Refusal(reason: "only SELECT, SHOW, DESCRIBE and EXPLAIN may run")
        }
        try group(names: [], function: nil)
        guard index == tokens.count else { throw Refusal(reason: "a ')' is without its '('") }
    }

    /// `EXPLAIN [ANALYZE] [(…)] query`.
    mutating func explain() throws(Refusal) {
        index += 1
        if take("analyze") { _ = take("verbose") }
        if index + 1 < tokens.count, peek?.isSign("(") == true, case .word(let word) = tokens[index + 1].kind,
            ["format", "type"].contains(word)
        {
            repeat { index += 1 } while peekIsOption
            guard takeSign(")") else { throw Refusal(reason: "EXPLAIN's options are not understood") }
        }
        try statement()
    }

    private var peekIsOption: Bool {
        if case .word = peek?.kind { return true }
        return peek?.isSign(",") == true
    }

    /// `SHOW COLUMNS IN table`, `SHOW PARTITIONS table`.
    mutating func show() throws(Refusal) {
        index += 1
        if take("columns") {
            guard take("in") || take("from") else { throw Self.onlySomeShows }
        } else if !take("partitions") {
            throw Self.onlySomeShows
        }
        try lastName()
    }

    private static let onlySomeShows = Refusal(reason: "of SHOW only COLUMNS IN a table and PARTITIONS of one may run")

    /// `DESCRIBE [EXTENDED | FORMATTED] table`.
    mutating func describe() throws(Refusal) {
        index += 1
        if index + 1 < tokens.count, !tokens[index + 1].isSign(".") { _ = take("extended") || take("formatted") }
        try lastName()
    }

    private mutating func lastName() throws(Refusal) {
        try check.check(try name(allowsBackquotes: true))
        guard index == tokens.count else { throw Refusal(reason: "something follows the table's name") }
    }

    // MARK: - Queries

    /// Reads up to the parenthesis that closes this group, or to the end.
    ///
    /// - Parameters:
    ///   - names: the names that WITH gives to queries, which are no tables.
    ///   - function: the function whose arguments these are.
    ///   - isRelation: whether the group begins with a relation, as in `FROM (a JOIN b ON …)`.
    private mutating func group(
        names: Set<String>,
        function: String?,
        isRelation: Bool = false
    ) throws(Refusal) {
        depth += 1
        guard depth <= Self.deepestNesting else { throw Refusal(reason: "it is nested too deep") }
        var names = names
        var isQuery = false
        var isInFrom = isRelation
        if take("with") {
            try commonTables(&names)
            isQuery = true
        }
        if isRelation { try relation(names) }
        while let token = peek, !token.isSign(")") {
            index += 1
            switch token.kind {
            case .sign(UInt8(ascii: "(")): try parentheses(names, function: word(before: index - 1))
            case .sign(UInt8(ascii: ",")) where isInFrom: try relation(names)
            case .word("from"):
                if isComparison(at: index - 1) { break }
                if !isQuery, let function, Self.functionsWithFrom.contains(function) { break }
                guard isQuery else { throw Refusal(reason: "a FROM is where none is expected") }
                isInFrom = true
                try relation(names)
            case .word("join"):
                guard isInFrom else { throw Refusal(reason: "a JOIN is where none is expected") }
                try relation(names)
            case .word(let word) where Self.refusedWords.contains(word):
                throw Refusal(reason: "'\(word.uppercased())' may not be used")
            case .word("group") where word(before: index - 1) == "within":
                // `listagg(…) WITHIN GROUP (…)` is an expression.
                break
            case .word(let word) where Self.endsOfFrom.contains(word):
                isInFrom = false
                if word == "select" { isQuery = true }
            case .quoted(_, quote: UInt8(ascii: "`")):
                throw Refusal(reason: "names of a query are quoted with \"")
            default: break
            }
        }
        depth -= 1
    }

    /// A group and the parenthesis that closes it.
    private mutating func parentheses(
        _ names: Set<String>,
        function: String?,
        isRelation: Bool = false
    ) throws(Refusal) {
        try group(names: names, function: function, isRelation: isRelation)
        guard peek?.isSign(")") == true else { throw Refusal(reason: "a '(' is without its ')'") }
        index += 1
    }

    /// `name [(columns)] AS (query), …`. A name stands for its query only after that.
    private mutating func commonTables(_ names: inout Set<String>) throws(Refusal) {
        repeat {
            let name = try name(allowsBackquotes: false)
            guard name.count == 1 else { throw Self.unclearWith }
            if takeSign("(") { try parentheses(names, function: nil) }
            guard take("as"), takeSign("(") else { throw Self.unclearWith }
            try parentheses(names, function: nil)
            names.insert(name[0])
        } while takeSign(",")
    }

    private static let unclearWith = Refusal(reason: "what follows WITH is not understood")

    /// The relation that follows FROM, JOIN, or a comma after those.
    private mutating func relation(_ names: Set<String>) throws(Refusal) {
        if take("lateral"), peek?.isSign("(") != true { index -= 1 }
        if takeSign("(") {
            guard case .word(let word)? = peek?.kind, Self.queryWords.contains(word) else {
                return try parentheses(names, function: nil, isRelation: true)
            }
            return try parentheses(names, function: nil)
        }
        // UNNEST is reserved, and takes expressions.
        if take("unnest") { return }
        let name = try name(allowsBackquotes: false)
        guard peek?.isSign("(") != true else {
            throw Refusal(reason: "the function '\(name.joined(separator: "."))' may not stand for a table")
        }
        if name.count == 1, names.contains(name[0]) { return }
        try check.check(name)
    }

    // MARK: - Tokens

    private var peek: SQLToken? { index < tokens.count ? tokens[index] : nil }

    private mutating func take(_ word: String) -> Bool {
        guard peek?.isWord(word) == true else { return false }
        index += 1
        return true
    }

    private mutating func takeSign(_ sign: Unicode.Scalar) -> Bool {
        guard peek?.isSign(sign) == true else { return false }
        index += 1
        return true
    }

    /// The name that comes next, in its parts between dots.
    private mutating func name(allowsBackquotes: Bool) throws(Refusal) -> [String] {
        var parts: [String] = []
        repeat {
            switch peek?.kind {
            case .word(let word) where !Self.refusedWords.contains(word) && !Self.queryWords.contains(word):
                parts.append(word)
            case .quoted(let name, let quote) where (quote == UInt8(ascii: "`")) == allowsBackquotes:
                // It is not documented whether Hive splits such a name at its dots.
                guard !allowsBackquotes || !name.utf8.contains(UInt8(ascii: ".")) else {
                    throw Refusal(reason: "a name in backquotes may have no dot in it")
                }
                parts.append(name)
            default: throw Refusal(reason: "the name of a table is expected where none is")
            }
            index += 1
        } while takeSign(".")
        return parts
    }

    /// The name of the function whose parenthesis this is.
    private func word(before index: Int) -> String? {
        guard index > 0, case .word(let word) = tokens[index - 1].kind else { return nil }
        return word
    }

    /// Whether a FROM is that of `IS [NOT] DISTINCT FROM`.
    private func isComparison(at index: Int) -> Bool {
        guard word(before: index) == "distinct" else { return false }
        let before = word(before: index - 1)
        return before == "is" || (before == "not" && word(before: index - 2) == "is")
    }
}
