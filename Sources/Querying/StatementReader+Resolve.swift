extension StatementReader {
    /// Notes the conditions of a SELECT on the tables that it reads.
    ///
    /// - Returns: the columns that may be an enclosing query's.
    mutating func resolve(_ select: inout SelectParts) throws(NotUnderstood) -> [ColumnReference] {
        var outer: [ColumnReference] = []
        try count(work: (select.references.count + select.outer.count) * select.scope.relations.count)
        var alternatives = Alternatives(count: select.alternativeCount, unclear: select.unclearAlternatives)
        for var reference in select.references {
            reference.mayBeOuter = isInExpression
            let resolution = try note(reference, in: select.scope)
            select.scope.links[reference.condition, default: []].formUnion(resolution.relations)
            if let number = reference.alternative { alternatives.add(resolution, to: number) }
            if !resolution.isQualified { outer.append(reference) }
        }
        alternatives.note(in: &notes)
        for var reference in select.outer {
            reference.mayBeOuter = true
            reference.alternative = nil
            if try !note(reference, in: select.scope).isQualified { outer.append(reference) }
        }
        notes.crossJoins += select.scope.crossJoins(naming: notes.tables)
        return outer
    }

    private mutating func note(
        _ reference: ColumnReference,
        in scope: QueryScope
    ) throws(NotUnderstood) -> QueryScope.Resolution {
        let resolution = scope.resolve(reference)
        try count(work: resolution.size)
        for source in resolution.sources {
            notes.add(
                Predicate(column: source.column, form: source.form, isCertain: source.isCertain),
                to: source.table,
                isAlternative: reference.alternative != nil
            )
        }
        for table in resolution.unclear { notes.tables[table].hasUnclearPredicates = true }
        return resolution
    }
}

/// The alternatives of one WHERE, by the columns that each names.
private struct Alternatives {
    private var columns: [[Int: Set<String>]]
    private var unclear: Set<Int>
    private var named: Set<Int> = []

    init(count: Int, unclear: Set<Int>) {
        columns = Array(repeating: [:], count: count)
        self.unclear = unclear
    }

    mutating func add(_ resolution: QueryScope.Resolution, to number: Int) {
        named.insert(number)
        if resolution.sources.isEmpty || !resolution.unclear.isEmpty { unclear.insert(number) }
        for source in resolution.sources {
            columns[number][source.table, default: []].insert(source.column)
            if !source.isCertain { unclear.insert(number) }
        }
    }

    /// Notes them on each table that one of them names.
    func note(in notes: inout StatementNotes) {
        let clear = named.subtracting(unclear)
        var found: [Int: Set<TableRead.Alternative>] = [:]
        var clearCounts: [Int: Int] = [:]
        for (number, tables) in columns.enumerated() {
            for (table, columns) in tables {
                let isClear = clear.contains(number)
                found[table, default: []].insert(TableRead.Alternative(columns: columns, isClear: isClear))
                if isClear { clearCounts[table, default: 0] += 1 }
            }
        }
        for (table, var alternatives) in found {
            // One that names only other tables lets any row of this one pass.
            if clearCounts[table, default: 0] < clear.count {
                alternatives.insert(TableRead.Alternative(columns: [], isClear: true))
            }
            notes.tables[table].alternatives.append(alternatives)
        }
    }
}
