extension StatementReader {
    /// Reserved words, which are no names without quotes.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
    static let reserved: Set<String> = [
        "alter", "and", "as", "between", "by", "case", "cast", "constraint", "create", "cross", "cube",
        "current_catalog",
        "current_date", "current_path", "current_schema", "current_time", "current_timestamp", "current_user",
        "deallocate", "delete", "describe", "distinct", "drop", "else", "end", "escape", "except", "execute", "exists",
        "extract", "false", "for", "from", "full", "group", "grouping", "having", "in", "inner", "insert", "intersect",
        "into", "is", "join", "left", "like", "localtime", "localtimestamp", "natural", "not", "null", "on", "or",
        "order", "outer", "prepare", "recursive", "right", "rollup", "select", "skip", "table", "then", "true",
        "uescape", "union", "unnest", "using", "values", "when", "where", "with",
    ]

    var peek: SQLToken? { index < tokens.count ? tokens[index] : nil }

    var peekWord: String? { word(after: 0) }

    func token(after count: Int) -> SQLToken? {
        let place = index + count
        return place >= 0 && place < tokens.count ? tokens[place] : nil
    }

    func word(after count: Int) -> String? {
        guard case .word(let word)? = token(after: count)?.kind else { return nil }
        return word
    }

    mutating func take(_ word: String) -> Bool {
        guard peek?.isWord(word) == true else { return false }
        index += 1
        return true
    }

    mutating func takeSign(_ sign: Unicode.Scalar) -> Bool {
        guard peek?.isSign(sign) == true else { return false }
        index += 1
        return true
    }

    mutating func expect(_ word: String) throws(NotUnderstood) {
        guard take(word) else { throw misunderstanding("\(word.uppercased()) is expected") }
    }

    mutating func expectSign(_ sign: Unicode.Scalar) throws(NotUnderstood) {
        guard takeSign(sign) else { throw misunderstanding("'\(sign)' is expected") }
    }

    /// The reason with the place. Of the text itself it shows nothing but a word.
    func misunderstanding(_ reason: String) -> NotUnderstood {
        switch peek?.kind {
        case nil: NotUnderstood(reason: "\(reason) at the end")
        case .word(let word): NotUnderstood(reason: "\(reason) at '\(word)', byte \(tokens[index].range.lowerBound)")
        default: NotUnderstood(reason: "\(reason) at byte \(tokens[index].range.lowerBound)")
        }
    }

    /// A name, nil when none comes next.
    mutating func takeName() -> String? {
        switch peek?.kind {
        case .word(let word) where !Self.reserved.contains(word):
            index += 1
            return word
        case .quoted(let name, quote: UInt8(ascii: "\"")):
            index += 1
            return name
        default: return nil
        }
    }

    mutating func nameParts() throws(NotUnderstood) -> [String] {
        var parts: [String] = []
        repeat {
            guard let part = takeName() else { throw misunderstanding("a name is expected") }
            parts.append(part)
        } while takeSign(".")
        return parts
    }

    mutating func tableName() throws(NotUnderstood) -> TableName {
        guard let name = TableName(parts: try nameParts()) else {
            throw misunderstanding("a table's name has at most three parts")
        }
        return place.database == nil ? name : name.within(database: place.database, catalog: place.catalog)
    }

    /// Names in parentheses, nil when none come next.
    mutating func takeNames() throws(NotUnderstood) -> [String]? {
        guard takeSign("(") else { return nil }
        var names: [String] = []
        repeat {
            guard let name = takeName() else { throw misunderstanding("a name is expected") }
            names.append(name)
        } while takeSign(",")
        try expectSign(")")
        return names
    }

    /// Whether a query begins at a place, maybe in parentheses.
    func beginsQuery(at place: Int) -> Bool {
        var place = place
        while place < tokens.count, tokens[place].isSign("(") { place += 1 }
        guard place < tokens.count, case .word(let word) = tokens[place].kind else { return false }
        return ["select", "with", "values"].contains(word)
    }

    /// Skips a group in parentheses that is of no interest. A query in it would be, and is not understood.
    mutating func skipGroup() throws(NotUnderstood) {
        var open = 0
        repeat {
            guard let token = peek, token.kind != .unknown, !token.isWord("select") else {
                throw misunderstanding("a group is not understood")
            }
            if token.isSign("(") { open += 1 }
            if token.isSign(")") { open -= 1 }
            index += 1
        } while open > 0
    }
}
