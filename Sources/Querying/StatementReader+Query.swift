/// The parts of one SELECT while it is read.
struct SelectParts {
    /// The queries that WITH has given names to.
    let names: [String: QueryResult]
    var scope = QueryScope()
    var items: [Expression] = []
    /// The columns in conditions of WHERE and ON.
    var references: [ColumnReference] = []
    var conditionCount = 0
    /// The number of alternatives of WHERE, 0 when it has none.
    var alternativeCount = 0
    /// Alternatives in which more stands than columns and values.
    var unclearAlternatives: Set<Int> = []
    /// The columns that queries in expressions may mean by names of this one.
    var outer: [ColumnReference] = []
    var step: StatementShape.Step?

    init(names: [String: QueryResult]) {
        self.names = names
    }
}

extension StatementReader {
    /// `[WITH …] term [UNION … term]… [ORDER BY …] [OFFSET …] [LIMIT …]`.
    mutating func query(names: [String: QueryResult]) throws(NotUnderstood) -> QueryResult {
        try nested { reader throws(NotUnderstood) in
            var names = names
            if reader.take("with") { try reader.commonTables(&names) }
            let first = try reader.term(names)
            return try reader.rest(of: first, names)
        }
    }

    /// `name [(columns)] AS (query), …`. A name stands for its query only after that.
    private mutating func commonTables(_ names: inout [String: QueryResult]) throws(NotUnderstood) {
        guard peekWord != "recursive" else { throw misunderstanding("a recursive query is not understood") }
        repeat {
            guard let name = takeName() else { throw misunderstanding("a name is expected") }
            let columns = try takeNames()
            try expect("as")
            try expectSign("(")
            var result = try subquery(names, isInExpression: isInExpression)
            try expectSign(")")
            if let columns { result.columns.rename(columns) }
            names[name] = result
        } while takeSign(",")
    }

    /// Reads the rest of a query after its first term.
    mutating func rest(
        of first: QueryResult,
        _ names: [String: QueryResult]
    ) throws(NotUnderstood) -> QueryResult {
        var result = first
        while let word = peekWord, ["union", "intersect", "except"].contains(word) {
            index += 1
            let keepsDuplicates = take("all")
            if !keepsDuplicates {
                _ = take("distinct")
                notes.aggregates = true
            }
            let next = try term(names)
            try count(work: result.columns.size)
            result.columns.unite(with: next.columns)
            result.outerReferences += next.outerReferences
            result.stopsEarly = result.stopsEarly || next.stopsEarly
            result.step = keepsDuplicates && result.step == next.step ? result.step : nil
        }
        if take("order") {
            try expect("by")
            _ = try expressions(names, &result.outerReferences)
            result.step = .sort
        }
        let limits = try limits()
        guard limits else { return result }
        result.limit = result.stopsEarly ? .early : result.step.map { .after($0) } ?? .early
        result.stopsEarly = result.limit == .early
        return result
    }

    /// `OFFSET n [ROWS]`, `LIMIT n`, `FETCH FIRST n ROWS ONLY`; whether there is a limit.
    private mutating func limits() throws(NotUnderstood) -> Bool {
        if take("offset") {
            index += 1
            _ = take("rows") || take("row")
        }
        if take("limit") {
            guard !take("all") else { return false }
            index += 1
            return true
        }
        guard take("fetch") else { return false }
        while let word = peekWord, ["first", "next", "rows", "row", "only", "with", "ties"].contains(word) {
            index += 1
            if peek?.kind == .number { index += 1 }
        }
        return true
    }

    private mutating func term(_ names: [String: QueryResult]) throws(NotUnderstood) -> QueryResult {
        if take("select") { return try select(names) }
        if takeSign("(") {
            let result = try query(names: names)
            try expectSign(")")
            return result
        }
        if take("values") {
            var result = QueryResult()
            _ = try expressions(names, &result.outerReferences)
            result.columns.isVague = true
            return result
        }
        throw misunderstanding("SELECT is expected")
    }

    private mutating func select(_ names: [String: QueryResult]) throws(NotUnderstood) -> QueryResult {
        var select = SelectParts(names: names)
        if take("distinct") {
            select.step = .distinct
            notes.aggregates = true
        } else {
            _ = take("all")
        }
        select.items = try expressions(names, &select.outer)
        if take("from") { try from(&select) }
        if take("where") { try condition(&select, mayHaveAlternatives: true) }
        if take("group") {
            try expect("by")
            _ = take("distinct") || take("all")
            for group in try expressions(names, &select.outer) where group.hasAggregate {
                throw misunderstanding("an aggregate in GROUP BY is not understood")
            }
            select.step = .aggregate
        }
        if take("having") {
            _ = try expressions(names, &select.outer)
            select.step = .aggregate
        }
        if take("window") { try skipWindows() }
        if select.items.contains(where: \.hasAggregate) { select.step = .aggregate }
        if select.step == nil, select.items.contains(where: \.hasWindow) { select.step = .window }
        if select.step == .aggregate { notes.aggregates = true }
        return try result(of: &select)
    }

    private mutating func skipWindows() throws(NotUnderstood) {
        repeat {
            guard takeName() != nil else { throw misunderstanding("a name is expected") }
            try expect("as")
            try skipGroup()
        } while takeSign(",")
    }

    private mutating func result(of select: inout SelectParts) throws(NotUnderstood) -> QueryResult {
        var result = QueryResult()
        result.outerReferences = try resolve(&select)
        let scope = select.scope
        result.columns = try columns(of: select)
        let inner = scope.relations.compactMap { relation -> QueryResult? in
            guard case .query(let query) = relation.content else { return nil }
            return query
        }
        result.stopsEarly = inner.contains(where: \.stopsEarly)
        result.step = select.step ?? (scope.relations.count == 1 ? inner.first?.step : nil)
        return result
    }

    private mutating func columns(of select: SelectParts) throws(NotUnderstood) -> QueryColumns {
        let scope = select.scope
        var columns = QueryColumns()
        columns.allTables = scope.allTables.unique
        for item in select.items {
            if let path = item.star {
                guard let star = scope.star(of: path), !scope.relations.isEmpty else {
                    throw misunderstanding("a * stands for the columns of no table that is known")
                }
                columns.outputs += star.outputs
                columns.wholeTables += star.wholeTables
                columns.isVague = columns.isVague || star.isVague
            } else {
                columns.outputs.append(try output(of: item, in: scope))
            }
            try count(work: item.star == nil ? item.references.count * scope.relations.count : columns.size)
        }
        columns.wholeTables = columns.wholeTables.unique
        columns.index()
        return columns
    }

    private mutating func output(
        of item: Expression,
        in scope: QueryScope
    ) throws(NotUnderstood) -> QueryColumns.Output {
        var output = QueryColumns.Output(name: item.name, sources: [])
        for var reference in item.references {
            if item.isColumn { reference.form = .direct }
            let resolution = scope.resolve(reference)
            try count(work: resolution.size)
            output.unclear += resolution.unclear
            for var source in resolution.sources {
                if !item.isColumn { source.form = .expression }
                output.sources.append(source)
            }
        }
        output.sources = output.sources.unique
        output.unclear = output.unclear.unique
        return output
    }

    /// A query in parentheses, after the first of them.
    mutating func subquery(
        _ names: [String: QueryResult],
        isInExpression isCorrelated: Bool
    ) throws(NotUnderstood) -> QueryResult {
        let before = isInExpression
        isInExpression = isCorrelated
        let result = try query(names: names)
        isInExpression = before
        return result
    }
}

extension QueryColumns {
    /// Gives the columns other names, in order.
    mutating func rename(_ names: [String]) {
        if allTables.isEmpty, wholeTables.isEmpty {
            outputs = names.map { Output(name: $0, sources: []) }
            isVague = false
        } else if wholeTables.isEmpty, !isVague, names.count == outputs.count {
            for (index, name) in names.enumerated() { outputs[index].name = name }
        } else {
            isVague = true
        }
        index()
    }

    /// Adds the rows of another query. Columns meet by their places, which a `*` does not tell.
    mutating func unite(with next: QueryColumns) {
        let isClear = wholeTables.isEmpty && next.wholeTables.isEmpty && !isVague && !next.isVague
        if isClear, outputs.count == next.outputs.count {
            for (index, output) in next.outputs.enumerated() {
                outputs[index].sources = (outputs[index].sources + output.sources).unique
                outputs[index].unclear = (outputs[index].unclear + output.unclear).unique
            }
        } else {
            isVague = true
            wholeTables = (wholeTables + next.wholeTables).unique
        }
        allTables = (allTables + next.allTables).unique
    }
}

extension Array where Element: Hashable {
    /// The elements in their order, each once.
    fileprivate var unique: [Element] {
        var known: Set<Element> = []
        return filter { known.insert($0).inserted }
    }
}
