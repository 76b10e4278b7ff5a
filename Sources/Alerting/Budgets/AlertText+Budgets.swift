extension AlertText {
    /// A line for each budget that the query counted into, `Your November: $21.40 of $50.00`; nil without any.
    package func budgetLines(for reader: Reader) -> [String]? {
        let lines = query.budgets.map { BudgetText($0).line(for: reader) }
        return lines.isEmpty ? nil : lines
    }
}
