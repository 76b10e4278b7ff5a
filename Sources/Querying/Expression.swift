/// The columns of an expression.
struct Expression {
    /// The queries that WITH has given names to.
    let names: [String: QueryResult]
    var references: [ColumnReference] = []
    /// Columns in queries inside of it that may be meant by names around it.
    var outer: [ColumnReference] = []
    var alias: String?
    /// The path before `*`, nil when this is no `*`.
    var star: [String]?
    /// The number of aggregate functions that are no window functions.
    var aggregateCount = 0
    var hasWindow = false
    /// The number of the condition between two ANDs or ORs that is read.
    var condition = 0
    /// The number of the alternative, outside of parentheses, that is read.
    var alternative = 0
    /// Alternatives in which more stands than columns and values.
    var unclearAlternatives: Set<Int> = []
    /// The number of operands and operators.
    var pieces = 0
    /// Names that stand for the arguments of a lambda.
    var arguments: Set<String> = []
    var level = Level()

    init(names: [String: QueryResult]) {
        self.names = names
    }

    /// Whether it is a column and nothing else.
    var isColumn: Bool { pieces == 1 && references.count == 1 && star == nil }

    /// The name under which it is known, nil without one.
    var name: String? { alias ?? (isColumn ? references.first?.path.last : nil) }

    var hasAggregate: Bool { aggregateCount > 0 }

    /// The clauses that are open around the place that is read.
    struct Level {
        /// The function whose arguments these are.
        var function: String?
        var isGroup = false
        /// The form of all columns here, nil where their neighbors decide.
        var form: Predicate.Form?
        var openCases = 0
        /// The number of BETWEENs whose AND has not come.
        var openBetweens = 0
        var isAfterOperand = false
        var isAfterAggregate = false
    }

    mutating func endOperand() {
        pieces += 1
        level.isAfterOperand = true
        level.isAfterAggregate = false
    }

    mutating func takeOperator() {
        pieces += 1
        level.isAfterOperand = false
    }
}
