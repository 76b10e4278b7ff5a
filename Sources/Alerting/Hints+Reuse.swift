import Querying

/// The hints about results that Athena could have reused.
///
/// https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html
extension Hints {
    /// From this many runs on, a statement repeats by habit and not by chance.
    private static let habit = 3
    /// A repeat of a statement over more tables reuses no result.
    private static let mostTablesForReuse = 20

    /// Whether nothing that is known keeps Athena from reusing a result.
    private var mayReuseResult: Bool {
        guard let shape = facts.shape, shape.kind == .query, shape.isDeterministic, shape.limit != .early,
            !shape.tables.isEmpty, shape.tables.count <= Self.mostTablesForReuse
        else { return false }
        return facts.tables.values.allSatisfy { !$0.isIceberg && !$0.isFederated && !$0.isGoverned }
    }

    var repeatedStatement: String? {
        guard let repetition = facts.repetition, repetition.runs >= Self.habit, repetition.resultAge >= 0,
            mayReuseResult, facts.shape?.tables.allSatisfy({ facts.tables[$0.name] != nil }) == true
        else { return nil }
        let minutes = max(1, (repetition.resultAge + 59) / 60)
        let saving = facts.cost.flatMap { $0.amount < 0.01 ? nil : $0 }.map { ", about \($0) less" } ?? ""
        let comment = RunComment.writer(in: facts.sql).map {
            " Only exactly the same text is reused, so \($0) must first stop to write a new id into the comment of each run."
        }
        return
            "The same statement ran \(repetition.runs) times today, and when this run began, the latest result was "
            + "\(minutes) min old. With result reuse for that time, Athena would have given that result and scanned nothing\(saving)."
            + (comment ?? "")
    }

    var reuseComment: String? {
        // The hint about the repeated statement says this too.
        guard mayReuseResult, isOff(.repeatedStatement) || repeatedStatement == nil,
            let writer = RunComment.writer(in: facts.sql)
        else { return nil }
        return
            "\(writer) writes a new id into the comment of each run. Athena reuses an earlier result, which scans nothing, "
            + "only for exactly the same text."
    }
}
