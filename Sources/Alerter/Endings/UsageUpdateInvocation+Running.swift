import AWS
import Alerting
import LambdaRuntime
import Time

/// A query that still runs, and the targets to warn of it.
struct RunningWarning {
    let row: OpenQuery
    let query: FinishedQuery
}

/// Warnings of queries that still run. The message goes out before the row notes it, as at the end of a query; a warning
/// that is sent twice reaches each target once, since it is claimed.
extension UsageUpdateInvocation {
    /// The warning of a query that is due by now; none for targets that were warned before.
    func warning(of row: OpenQuery, _ query: FinishedQuery) -> [RunningWarning] {
        let targets = services.running.reached(by: query).filter { !row.warned.contains($0) }
        guard !targets.isEmpty else { return [] }
        var query = attributed(query, of: row)
        guard services.running.isAbout(query) else { return [] }
        query.warnedTargets = targets
        return [RunningWarning(row: row, query: query)]
    }

    mutating func send(_ warnings: [RunningWarning]) {
        guard !warnings.isEmpty else { return }
        let messages = warnings.map { $0.query.message(limit: SQS.maximumMessageLength) }
        let outcomes = services.sqs.send(messages, to: services.queueURL, before: deadline)
        var sent: [(key: QueryKey, targets: Set<AlertTarget>)] = []
        for (warning, outcome) in zip(warnings, outcomes) {
            switch outcome {
            case .success:
                sent.append((warning.row.key, warning.row.warned.union(warning.query.warnedTargets ?? [])))
            case .failure(let error): failWarning("\(error)")
            }
        }
        context.metrics.add("RunningWarningsSent", sent.count)
        for case .failure(let error) in services.table.markWarned(sent, before: deadline) { failWarning("\(error)") }
    }

    /// Fails the invocation without counting a query, which counts as running already.
    private mutating func failWarning(_ reason: String) {
        if !deadline.hasPassed, !failures.contains(reason) { failures.append(reason) }
    }
}
