extension StatementShape {
    /// The facts about the statement, one a line.
    ///
    /// Of the conditions, `day` is a column that is compared as it is, `date(day)` one inside of a function, and `(day)`
    /// one that is a part of something else. A `?` says that the column may be another table's.
    package var lines: [String] {
        var lines = [target.map { "\(kind.rawValue) \($0)" } ?? kind.rawValue]
        lines += tables.map(\.line)
        lines += crossJoins.map { "joins \($0.left) and \($0.right) without a condition" }
        switch limit {
        case .early?: lines.append("limits its rows as they are read")
        case .after(let step)?: lines.append("limits its rows after \(step.rawValue)")
        case nil: break
        }
        if countsDistinct { lines.append("counts distinct values exactly") }
        return lines
    }
}

extension TableRead {
    fileprivate var line: String {
        var parts: [String] = []
        if isReadWhole { parts.append("all columns") }
        if !predicates.isEmpty { parts.append("conditions on " + predicates.map(\.words).joined(separator: ", ")) }
        if hasUnclearPredicates { parts.append("other conditions that may be on it") }
        return "reads \(name)" + (parts.isEmpty ? "" : ": " + parts.joined(separator: "; "))
    }
}

extension Predicate {
    fileprivate var words: String {
        let words =
            switch form {
            case .direct: column
            case .function(let name): "\(name)(\(column))"
            case .expression: "(\(column))"
            }
        return isCertain ? words : words + "?"
    }
}
