extension StatementReader {
    /// Notes the conditions of a SELECT on the tables that it reads.
    ///
    /// - Returns: the columns that may be an enclosing query's.
    mutating func resolve(_ select: inout SelectParts) throws(NotUnderstood) -> [ColumnReference] {
        var outer: [ColumnReference] = []
        try count(work: (select.references.count + select.outer.count) * select.scope.relations.count)
        for var reference in select.references {
            reference.mayBeOuter = isInExpression
            let resolution = note(reference, in: select.scope)
            select.scope.links[reference.condition, default: []].formUnion(resolution.relations)
            if !resolution.isQualified { outer.append(reference) }
        }
        for var reference in select.outer {
            reference.mayBeOuter = true
            if !note(reference, in: select.scope).isQualified { outer.append(reference) }
        }
        notes.crossJoins += select.scope.crossJoins(naming: notes.tables)
        return outer
    }

    private mutating func note(_ reference: ColumnReference, in scope: QueryScope) -> QueryScope.Resolution {
        let resolution = scope.resolve(reference)
        for source in resolution.sources {
            notes.add(
                Predicate(column: source.column, form: source.form, isCertain: source.isCertain),
                to: source.table
            )
        }
        for table in resolution.unclear { notes.tables[table].hasUnclearPredicates = true }
        return resolution
    }
}
