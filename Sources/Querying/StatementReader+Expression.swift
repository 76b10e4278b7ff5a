extension StatementReader {
    /// Expressions with commas between them.
    mutating func expressions(
        _ names: [String: QueryResult],
        _ outer: inout [ColumnReference]
    ) throws(NotUnderstood) -> [Expression] {
        var expressions: [Expression] = []
        repeat {
            var expression = Expression(names: names)
            if takeSign("*") { expression.star = [] } else { try operands(into: &expression) }
            outer += expression.outer
            expressions.append(expression)
        } while takeSign(",")
        return expressions
    }

    /// A condition of WHERE or ON.
    ///
    /// - Parameter mayHaveAlternatives: whether rows that fail it are left out, as by WHERE.
    mutating func condition(
        _ select: inout SelectParts,
        mayHaveAlternatives: Bool = false
    ) throws(NotUnderstood) {
        var expression = Expression(names: select.names)
        expression.condition = select.conditionCount + 1
        try operands(into: &expression)
        guard expression.alias == nil, expression.pieces > 0 else { throw misunderstanding("a condition is expected") }
        select.conditionCount = expression.condition
        let hasAlternatives = mayHaveAlternatives && expression.alternative > 0
        if hasAlternatives {
            select.alternativeCount = expression.alternative + 1
            select.unclearAlternatives = expression.unclearAlternatives
        }
        select.references += expression.references.map { reference in
            var reference = reference
            if !hasAlternatives { reference.alternative = nil }
            return reference
        }
        select.outer += expression.outer
    }

    /// Reads up to a comma, the end of the group, or the next clause.
    mutating func operands(into expression: inout Expression) throws(NotUnderstood) {
        while let token = peek {
            switch token.kind {
            case .comment: index += 1
            case .unknown: throw misunderstanding("a character is not understood")
            case .text, .number:
                guard !expression.level.isAfterOperand else { throw misunderstanding("an operator is expected") }
                index += 1
                expression.endOperand()
            case .sign(let sign):
                guard try take(sign, into: &expression) else { return }
            case .quoted: try name(into: &expression)
            case .word(let word):
                guard try take(word, into: &expression) else { return }
            }
        }
    }

    private mutating func take(_ sign: UInt8, into expression: inout Expression) throws(NotUnderstood) -> Bool {
        switch sign {
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ","): return false
        case UInt8(ascii: "("):
            guard !expression.level.isAfterOperand else { throw misunderstanding("an operator is expected") }
            if takeArguments(of: &expression) { return true }
            index += 1
            try group(into: &expression, function: nil)
        case UInt8(ascii: "["):
            index += 1
            try group(into: &expression, function: "[]")
        case UInt8(ascii: ".") where expression.level.isAfterOperand:
            index += 1
            guard takeName() != nil else { throw misunderstanding("a name is expected") }
            expression.endOperand()
        case UInt8(ascii: "."):
            // A number such as `.5`.
            index += 1
        case UInt8(ascii: "?"):
            index += 1
            expression.endOperand()
        case UInt8(ascii: "*") where !expression.level.isAfterOperand && expression.level.isGroup:
            index += 1
            expression.endOperand()
        case UInt8(ascii: ";"), UInt8(ascii: ":"): throw misunderstanding("a character is not understood")
        default:
            index += 1
            expression.takeOperator()
        }
        return true
    }

    /// The arguments of a lambda, `(x, y) ->`.
    private mutating func takeArguments(of expression: inout Expression) -> Bool {
        var names: Set<String> = []
        var place = index + 1
        while place + 1 < tokens.count, case .word(let name) = tokens[place].kind {
            names.insert(name)
            place += 1
            if tokens[place].isSign(",") { place += 1 }
        }
        guard place + 2 < tokens.count, tokens[place].isSign(")"), isArrow(at: place + 1) else { return false }
        index = place + 3
        expression.arguments.formUnion(names)
        expression.takeOperator()
        return true
    }

    func isArrow(at place: Int) -> Bool {
        place + 1 < tokens.count && tokens[place].isSign("-") && tokens[place + 1].isSign(">")
            && tokens[place].range.upperBound == tokens[place + 1].range.lowerBound
    }

    /// Reads a query, arguments, or an expression in parentheses or brackets, after the first of them.
    mutating func group(into expression: inout Expression, function: String?) throws(NotUnderstood) {
        let (outside, arguments) = (expression.level, expression.arguments)
        var level = Expression.Level(function: function, isGroup: true, form: outside.form)
        if outside.openCases > 0 { level.form = .expression }
        if let function, level.form == nil { level.form = function == "[]" ? .expression : .function(function) }
        expression.level = level
        expression.pieces += 1
        try nested { reader throws(NotUnderstood) in try reader.contents(of: &expression, function) }
        try expectSign(function == "[]" ? "]" : ")")
        expression.level = outside
        expression.arguments = arguments
        expression.level.isAfterOperand = true
    }

    private mutating func contents(of expression: inout Expression, _ function: String?) throws(NotUnderstood) {
        if let word = peekWord, ["select", "with", "values"].contains(word) {
            expression.unclearAlternatives.insert(expression.alternative)
            expression.outer += try subquery(expression.names, isInExpression: true).outerReferences
            return
        }
        if function == "extract", word(after: 1) == "from" { index += 1 }
        if function == "trim", let word = peekWord, ["both", "leading", "trailing"].contains(word) { index += 1 }
        if function == "count", peekWord == "distinct" { notes.countsDistinct = true }
        repeat {
            expression.level.isAfterOperand = false
            try operands(into: &expression)
        } while takeSign(",")
        if let function, ["cast", "try_cast"].contains(function), take("as") { try skipType() }
    }

    /// A type, up to the parenthesis that closes the group around it.
    private mutating func skipType() throws(NotUnderstood) {
        while let token = peek, !token.isSign(")") {
            if token.isSign("(") { try skipGroup() } else { index += 1 }
        }
    }
}
