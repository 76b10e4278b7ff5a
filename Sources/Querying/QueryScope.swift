/// The relations that a FROM clause puts in reach of the columns around it.
struct QueryScope {
    /// A table, or what stands for one.
    struct Relation {
        var alias: String?
        var name: TableName?
        var content: Content

        /// Whether a path begins with this relation's name; the length of the name in the path.
        func prefixLength(of path: [String]) -> Int? {
            if let alias { return path.count > 1 && path[0] == alias ? 1 : nil }
            guard path.count > 1, let name else { return nil }
            let parts = [name.catalog, name.database, name.table].compactMap(\.self)
            return (1...parts.count).first { path.count > $0 && Array(path[..<$0]) == parts.suffix($0) }
        }
    }

    enum Content {
        case table(Int)
        case query(QueryResult)
        /// Values that come from no table; nil when their names are not told.
        case values([String]?)
    }

    var relations: [Relation] = []
    /// Relations by the conditions that link them.
    var links: [Int: Set<Int>] = [:]
    /// Relations that stand behind a comma or CROSS JOIN, or whose ON has no condition.
    var unconditional: Set<Int> = []

    /// The columns of tables that a reference stands for.
    struct Resolution {
        var relations: [Int] = []
        var sources: [ColumnSource] = []
        /// Tables of which any column may be meant.
        var unclear: [Int] = []
        /// Whether the path begins with the name of a relation here.
        var isQualified = false

        /// The number of columns and tables that its use has to look at.
        var size: Int { sources.count + unclear.count }
    }

    func resolve(_ reference: ColumnReference) -> Resolution {
        let path = reference.path
        for (index, relation) in relations.enumerated() {
            guard let length = relation.prefixLength(of: path) else { continue }
            var resolution = Resolution(relations: [index], isQualified: true)
            find(path[length], in: relation, as: reference.form, isCertain: true, &resolution)
            return resolution
        }
        // A first part that is no relation's name is a column, whose fields follow.
        let mayBeOuter = reference.mayBeOuter || path.count > 1
        var resolution = Resolution()
        let owners = relations.indices.filter { knows(path[0], relations[$0]) == true }
        let candidates = owners.isEmpty ? relations.indices.filter { knows(path[0], relations[$0]) == nil } : owners
        let form = path.count > 1 ? .expression : reference.form
        for index in candidates {
            resolution.relations.append(index)
            let isCertain = candidates.count == 1 && !mayBeOuter
            find(path[0], in: relations[index], as: form, isCertain: isCertain, &resolution)
        }
        return resolution
    }

    /// Whether a relation has a column of this name; nil when its columns are not known.
    private func knows(_ column: String, _ relation: Relation) -> Bool? {
        switch relation.content {
        case .table: return nil
        case .values(let names): return names.map { $0.contains(column) }
        case .query(let query):
            let columns = query.columns
            if columns.isVague { return nil }
            if !columns.outputs(named: column).isEmpty { return true }
            return columns.wholeTables.isEmpty ? false : nil
        }
    }

    private func find(
        _ column: String,
        in relation: Relation,
        as form: Predicate.Form,
        isCertain: Bool,
        _ resolution: inout Resolution
    ) {
        switch relation.content {
        case .values: break
        case .table(let table):
            resolution.sources.append(.init(table: table, column: column, form: form, isCertain: isCertain))
        case .query(let query) where query.columns.isVague:
            resolution.unclear += query.columns.allTables
        case .query(let query):
            let columns = query.columns
            let outputs = columns.outputs(named: column)
            for source in outputs.flatMap(\.sources) {
                let form = source.form == .direct ? form : .expression
                let isCertain = isCertain && source.isCertain && outputs.count == 1
                resolution.sources.append(
                    .init(table: source.table, column: source.column, form: form, isCertain: isCertain)
                )
            }
            resolution.unclear += outputs.flatMap(\.unclear)
            guard outputs.isEmpty else { break }
            let isCertain = isCertain && columns.wholeTables.count == 1
            resolution.sources += columns.wholeTables.map {
                .init(table: $0, column: column, form: form, isCertain: isCertain)
            }
        }
    }

    /// The tables that no condition links to another relation, each with the one before it.
    func crossJoins(naming tables: [TableRead]) -> [StatementShape.CrossJoin] {
        let linked = Set(links.values.filter { $0.count > 1 }.flatMap(\.self))
        return unconditional.sorted().compactMap { index in
            guard index > 0, !linked.contains(index), case .table(let right) = relations[index].content,
                case .table(let left) = relations[index - 1].content
            else { return nil }
            return .init(left: tables[left].name, right: tables[right].name)
        }
    }

    /// The columns that `*` stands for: of one relation, or of all.
    func star(of path: [String]) -> QueryColumns? {
        let chosen = path.isEmpty ? relations : relations.filter { $0.prefixLength(of: path + ["*"]) == path.count }
        guard path.isEmpty || chosen.count == 1 else { return nil }
        var columns = QueryColumns()
        for relation in chosen {
            switch relation.content {
            case .table(let table): columns.wholeTables.append(table)
            case .values(let names?): columns.outputs += names.map { .init(name: $0, sources: []) }
            case .values(nil): columns.isVague = true
            case .query(let query):
                columns.outputs += query.columns.outputs
                columns.wholeTables += query.columns.wholeTables
                columns.isVague = columns.isVague || query.columns.isVague
            }
        }
        return columns
    }

    /// All tables that are read here.
    var allTables: [Int] {
        relations.flatMap { relation -> [Int] in
            switch relation.content {
            case .table(let table): [table]
            case .query(let query): query.columns.allTables
            case .values: []
            }
        }
    }
}
