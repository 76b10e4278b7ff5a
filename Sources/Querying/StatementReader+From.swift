extension StatementReader {
    /// The relations of a FROM clause and their conditions.
    mutating func from(_ select: inout SelectParts) throws(NotUnderstood) {
        try relation(&select)
        while let word = peekWord ?? (peek?.isSign(",") == true ? "," : nil) {
            switch word {
            case ",":
                index += 1
                try joined(&select, isUnconditional: true)
            case "cross":
                index += 1
                try expect("join")
                try joined(&select, isUnconditional: true)
            case "natural":
                index += 1
                try takeJoin()
                try joined(&select, isUnconditional: false)
                try link(&select, unclear: true)
            case "join", "inner", "left", "right", "full":
                try takeJoin()
                try joined(&select, isUnconditional: false)
            case "on":
                index += 1
                let before = select.references.count
                try condition(&select)
                let last = select.scope.relations.count - 1
                if select.references.count == before { select.scope.unconditional.insert(last) }
            case "using":
                index += 1
                for name in try takeNames() ?? [] {
                    select.conditionCount += 1
                    select.references.append(
                        ColumnReference(path: [name], form: .direct, condition: select.conditionCount)
                    )
                }
                try link(&select, unclear: false)
            default: return
            }
        }
    }

    private mutating func takeJoin() throws(NotUnderstood) {
        if take("left") || take("right") || take("full") { _ = take("outer") } else { _ = take("inner") }
        try expect("join")
    }

    private mutating func joined(_ select: inout SelectParts, isUnconditional: Bool) throws(NotUnderstood) {
        let count = select.scope.relations.count
        try relation(&select)
        if isUnconditional, select.scope.relations.count == count + 1 { select.scope.unconditional.insert(count) }
    }

    /// Links all relations so far, as columns of the same name do.
    private mutating func link(_ select: inout SelectParts, unclear: Bool) throws(NotUnderstood) {
        try count(work: select.scope.relations.count)
        select.conditionCount += 1
        select.scope.links[select.conditionCount] = Set(select.scope.relations.indices)
        guard unclear else { return }
        let tables = select.scope.allTables
        try count(work: tables.count)
        for table in tables { notes.tables[table].hasUnclearPredicates = true }
    }

    /// A table, a query, or joined relations in parentheses.
    mutating func relation(_ select: inout SelectParts) throws(NotUnderstood) {
        if peekWord == "lateral", token(after: 1)?.isSign("(") == true {
            index += 2
            let result = try subquery(select.names, isInExpression: true)
            select.outer += result.outerReferences
            try expectSign(")")
            return try append(.query(result), to: &select)
        }
        if takeSign("(") { return try group(&select) }
        if peekWord == "unnest", token(after: 1)?.isSign("(") == true {
            index += 2
            _ = try expressions(select.names, &select.outer)
            try expectSign(")")
            if peekWord == "with", word(after: 1) == "ordinality" { index += 2 }
            return try append(.values(nil), to: &select)
        }
        let name = try tableName()
        guard peek?.isSign("(") != true else { throw misunderstanding("a table function is not understood") }
        if peekWord == "for" { try skipVersion() }
        if name.database == nil || place.database == name.database, let query = select.names[name.table] {
            try count(work: query.columns.size)
            return try append(.query(query), named: TableName(table: name.table), to: &select)
        }
        if let view = views[name] {
            return try append(.query(try contents(of: view)), named: name, to: &select)
        }
        notes.tables.append(TableRead(name: name))
        try append(.table(notes.tables.count - 1), named: name, to: &select)
    }

    /// Reads a query or relations in parentheses in FROM.
    private mutating func group(_ select: inout SelectParts) throws(NotUnderstood) {
        if let word = peekWord, ["select", "with", "values"].contains(word) {
            let result = try subquery(select.names, isInExpression: false)
            try expectSign(")")
            return try append(.query(result), to: &select)
        }
        let count = select.scope.relations.count
        try nested { reader throws(NotUnderstood) in try reader.from(&select) }
        if let word = peekWord, ["union", "intersect", "except", "order", "limit", "offset", "fetch"].contains(word) {
            guard select.scope.relations.count == count + 1, let first = select.scope.relations.popLast(),
                case .query(let query) = first.content, first.alias == nil
            else { throw misunderstanding("this group is not understood") }
            let result = try nested { reader throws(NotUnderstood) in try reader.rest(of: query, select.names) }
            try expectSign(")")
            return try append(.query(result), to: &select)
        }
        try expectSign(")")
        let isRenamed = peekWord == "as" || (startsAlias && select.scope.relations.count > count)
        guard isRenamed else { return }
        guard select.scope.relations.count == count + 1, let inner = select.scope.relations.popLast(),
            inner.alias == nil
        else { throw misunderstanding("a name for a group is not understood") }
        try append(inner.content, named: inner.name, to: &select)
    }

    /// `FOR TIMESTAMP AS OF …`, `FOR VERSION AS OF …`.
    private mutating func skipVersion() throws(NotUnderstood) {
        index += 1
        guard let word = peekWord, ["timestamp", "version", "system_time", "system_version"].contains(word) else {
            throw misunderstanding("TIMESTAMP or VERSION is expected")
        }
        index += 1
        try expect("as")
        try expect("of")
        if peek?.isSign("(") == true { return try skipGroup() }
        if peekWord == "timestamp" || peekWord == "date" { index += 1 }
        guard peek?.kind == .text || peek?.kind == .number else { throw misunderstanding("a version is expected") }
        index += 1
    }

    /// Reads a view as if its text stood here.
    private mutating func contents(of view: View) throws(NotUnderstood) -> QueryResult {
        let outside = (tokens, index, place)
        tokens = Self.tokens(of: view.sql)
        try count(work: tokens.count)
        (index, place) = (0, (view.database, view.catalog))
        let result = try subquery([:], isInExpression: false)
        guard index == tokens.count else { throw misunderstanding("a view goes on after its end") }
        (tokens, index, place) = outside
        return result
    }

    /// Adds a relation with the alias that follows.
    private mutating func append(
        _ content: QueryScope.Content,
        named name: TableName? = nil,
        to select: inout SelectParts
    ) throws(NotUnderstood) {
        var relation = QueryScope.Relation(name: name, content: content)
        let isExplicit = take("as")
        if isExplicit || startsAlias {
            guard let alias = takeName() else { throw misunderstanding("a name is expected") }
            relation.alias = alias
            if let names = try takeNames() { relation.content = renamed(content, names) }
        }
        if peekWord == "tablesample", token(after: 2)?.isSign("(") == true {
            index += 2
            try skipGroup()
        }
        select.scope.relations.append(relation)
    }

    private mutating func renamed(_ content: QueryScope.Content, _ names: [String]) -> QueryScope.Content {
        switch content {
        case .values: return .values(names)
        case .query(var query):
            query.columns.rename(names)
            return .query(query)
        case .table(let table):
            var query = QueryResult()
            query.columns.allTables = [table]
            query.columns.isVague = true
            return .query(query)
        }
    }

    /// Whether a name without AS comes next, and not a clause whose word could be a name.
    private var startsAlias: Bool {
        switch peek?.kind {
        case .quoted: return true
        case .word(let word):
            return !Self.reserved.contains(word) && !startsClause && word != "tablesample"
                && word != "match_recognize"
        default: return false
        }
    }
}
