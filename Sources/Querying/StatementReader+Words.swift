extension StatementReader {
    private static let aggregates: Set<String> = [
        "any_value", "approx_distinct", "approx_most_frequent", "approx_percentile", "approx_set", "arbitrary",
        "array_agg", "avg", "bool_and", "bool_or", "checksum", "count", "count_if", "every", "geometric_mean",
        "histogram", "listagg", "map_agg", "map_union", "max", "max_by", "merge", "min", "min_by", "multimap_agg",
        "numeric_histogram", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance",
    ]
    private static let nondeterministic: Set<String> = [
        "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "now", "rand", "random",
        "shuffle", "uuid",
    ]
    private static let constants: Set<String> = [
        "current_catalog", "current_date", "current_path", "current_schema", "current_time", "current_timestamp",
        "current_user", "false", "localtime", "localtimestamp", "null", "true",
    ]
    private static let operators: Set<String> = [
        "between", "distinct", "escape", "exists", "in", "is", "like", "not", "uescape",
    ]
    /// Functions whose arguments have words between them.
    private static let functionsWithFrom: Set<String> = ["extract", "substring", "trim"]
    private static let functionsWithWords: Set<String> = ["json_exists", "json_query", "json_value"]

    /// Whether LIMIT, OFFSET, FETCH or WINDOW comes next as a clause; each could be a name.
    var startsClause: Bool {
        let next = token(after: 1)
        switch peekWord {
        case "limit": return next?.kind == .number || next?.isSign("?") == true || next?.isWord("all") == true
        case "offset": return next?.kind == .number || next?.isSign("?") == true
        case "fetch": return next?.isWord("first") == true || next?.isWord("next") == true
        case "window": return word(after: 2) == "as" && token(after: 3)?.isSign("(") == true
        default: return false
        }
    }

    /// Takes a word of an expression; false when it ends the expression.
    mutating func take(_ word: String, into expression: inout Expression) throws(NotUnderstood) -> Bool {
        if Self.nondeterministic.contains(word) { notes.isNondeterministic = true }
        if try takeOperator(word, into: &expression) { return true }
        if Self.constants.contains(word) {
            if word == "false" { expression.unclearAlternatives.insert(expression.alternative) }
            index += 1
            expression.endOperand()
            return true
        }
        if try takeSpecial(word, into: &expression) { return true }
        if word == "as", !expression.level.isGroup {
            index += 1
            guard expression.alias == nil, expression.level.isAfterOperand, let alias = takeName() else {
                throw misunderstanding("a name is expected")
            }
            expression.alias = alias
            return true
        }
        if Self.reserved.contains(word) {
            let isEnd = !expression.level.isGroup || word == "as"
            guard isEnd, expression.level.openCases == 0 else { throw misunderstanding("it is not understood") }
            return false
        }
        if expression.level.isAfterOperand, !expression.level.isGroup, startsClause { return false }
        try name(into: &expression)
        return true
    }

    private mutating func takeOperator(_ word: String, into expression: inout Expression) throws(NotUnderstood) -> Bool
    {
        let level = expression.level
        switch word {
        case "and" where level.openBetweens > 0: expression.level.openBetweens -= 1
        case "and", "or":
            if level.form == nil, level.openCases == 0 { expression.condition += 1 }
            if word == "or", !level.isGroup, level.openCases == 0 { expression.alternative += 1 }
        case "case": expression.level.openCases += 1
        case "end" where level.openCases > 0:
            expression.level.openCases -= 1
            index += 1
            expression.endOperand()
            return true
        case "between": expression.level.openBetweens += 1
        case "when", "then", "else":
            guard level.openCases > 0 else { return false }
        case "from":
            let isComparison = self.word(after: -1) == "distinct" && level.isAfterOperand == false
            guard isComparison || level.function.map(Self.functionsWithFrom.contains) == true else { return false }
        case "for" where level.function == "substring": break
        case "order" where level.isGroup && self.word(after: 1) == "by": index += 1
        case "distinct" where !level.isGroup && self.word(after: -1) != "is" && self.word(after: -1) != "not":
            throw misunderstanding("DISTINCT is not understood")
        case _ where Self.operators.contains(word): break
        default: return false
        }
        index += 1
        expression.takeOperator()
        return true
    }

    /// Words that mean something only where they stand.
    private mutating func takeSpecial(_ word: String, into expression: inout Expression) throws(NotUnderstood) -> Bool {
        let next = token(after: 1)
        guard expression.level.isAfterOperand else { return try takeLiteral(word, into: &expression) }
        switch word {
        case "over":
            index += 1
            if next?.isSign("(") == true { try skipGroup() } else { _ = takeName() }
            expression.hasWindow = true
            if expression.level.isAfterAggregate { expression.aggregateCount -= 1 }
            expression.level.isAfterAggregate = false
        case "filter" where next?.isSign("(") == true:
            index += 1
            try skipGroup()
        case "within" where next?.isWord("group") == true:
            index += 2
            try skipGroup()
        case "ignore" where next?.isWord("nulls") == true, "respect" where next?.isWord("nulls") == true: index += 2
        case "at" where next?.isWord("time") == true: index += 3
        case "asc", "desc": index += 1
        case "nulls" where next?.isWord("first") == true || next?.isWord("last") == true: index += 2
        default: return false
        }
        // What follows `AT TIME ZONE` is an operand.
        if word == "at" { expression.takeOperator() } else { expression.pieces += 1 }
        return true
    }

    /// `INTERVAL '1' DAY`, `DATE '…'` and others that begin with a word, `CUBE (…)` and `ROLLUP (…)`.
    private mutating func takeLiteral(_ word: String, into expression: inout Expression) throws(NotUnderstood) -> Bool {
        let isSigned = token(after: 1)?.isSign("-") == true || token(after: 1)?.isSign("+") == true
        if word == "interval", token(after: isSigned ? 2 : 1)?.kind == .text {
            index += isSigned ? 4 : 3
            if take("to") { index += 1 }
            expression.endOperand()
            return true
        }
        if token(after: 1)?.kind == .text, !Self.reserved.contains(word) {
            index += 2
            expression.endOperand()
            return true
        }
        if word == "grouping", self.word(after: 1) == "sets" { index += 1 }
        guard ["cast", "cube", "extract", "grouping", "rollup", "skip"].contains(word) || peekWord == "sets",
            token(after: 1)?.isSign("(") == true
        else { return false }
        index += 2
        try group(into: &expression, function: word)
        return true
    }

    /// A column, a function, an alias, or the argument of a lambda.
    mutating func name(into expression: inout Expression) throws(NotUnderstood) {
        let start = index
        guard let first = takeName() else { throw misunderstanding("a name is expected") }
        if expression.level.isAfterOperand { return try follow(first, in: &expression) }
        var path = [first]
        while takeSign(".") {
            if takeSign("*") {
                if expression.pieces == 0 { expression.star = path }
                return expression.endOperand()
            }
            guard let part = takeName() else { throw misunderstanding("a name is expected") }
            path.append(part)
        }
        if takeSign("(") {
            guard path.count == 1 else { throw misunderstanding("a function with a long name is not understood") }
            try group(into: &expression, function: first)
            guard Self.aggregates.contains(first) else { return }
            expression.aggregateCount += 1
            return expression.level.isAfterAggregate = true
        }
        if path.count == 1, isArrow(at: index) {
            index += 2
            expression.arguments.insert(first)
            return expression.takeOperator()
        }
        // `ARRAY[…]`
        if first == "array", path.count == 1, peek?.isSign("[") == true { return }
        if !expression.arguments.contains(first) {
            let form = form(from: start, in: expression.level)
            expression.references.append(
                ColumnReference(
                    path: path,
                    form: form,
                    condition: expression.condition,
                    alternative: expression.alternative
                )
            )
        }
        expression.endOperand()
    }

    /// A name after an operand: an alias, or a word of a function.
    private func follow(_ name: String, in expression: inout Expression) throws(NotUnderstood) {
        if let function = expression.level.function, Self.functionsWithWords.contains(function) { return }
        guard !expression.level.isGroup, expression.alias == nil else {
            throw misunderstanding("an operator is expected")
        }
        expression.alias = name
    }

    /// The form of the column between two places: what stands around it decides.
    private func form(from start: Int, in level: Expression.Level) -> Predicate.Form {
        if let form = level.form { return form }
        guard level.openCases == 0 else { return .expression }
        let signs: Set<UInt8> = [UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "!")]
        let isFirst =
            switch token(after: start - index - 1)?.kind {
            case nil: true
            case .sign(let sign): signs.contains(sign) || sign == UInt8(ascii: "(")
            case .word(let word): Self.reserved.contains(word)
            default: false
            }
        let isLast =
            switch peek?.kind {
            case nil: true
            case .sign(let sign): signs.contains(sign) || sign == UInt8(ascii: ")")
            case .word(let word): Self.reserved.contains(word) || startsClause
            default: false
            }
        return isFirst && isLast ? .direct : .expression
    }
}
