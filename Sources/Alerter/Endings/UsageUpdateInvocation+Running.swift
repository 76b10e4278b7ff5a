import AWS
import Alerting
import JSON
import LambdaRuntime
import Time

/// A query that still runs, with its row.
typealias RunningRow = (row: OpenQuery, query: FinishedQuery)

/// Warnings of queries that still run. The message goes out before the row notes it, as at the end of a query; a warning
/// that is sent twice reaches each target once, since it is claimed.
extension UsageUpdateInvocation {
    /// Warns of the queries that have reached a bound, and stops those that have reached the last one. A query that is
    /// stopped runs no more at the next look, so its warning goes out first.
    mutating func watch(_ running: [RunningRow]) {
        send(running.compactMap { warning(of: $0.row, $0.query) })
        for (row, query) in running { stop(row, query) }
    }

    /// The query with the targets to warn of it by now; nil when all were warned before.
    private func warning(of row: OpenQuery, _ query: FinishedQuery) -> RunningRow? {
        let targets = services.running.reached(by: query).filter { !row.warned.contains($0) }
        guard !targets.isEmpty else { return nil }
        var query = attributed(query, of: row)
        guard services.running.isAbout(query) else { return nil }
        query.warnedTargets = targets
        query.observationTimestamp = Timestamp.now.dateAndTime
        return (row, query)
    }

    /// Stops a query that has reached its bound. The row notes that first, so that the alert of the end says so whatever
    /// happens in between; until the query has ended, the next invocation stops it again, which does no harm.
    private func stop(_ row: OpenQuery, _ query: FinishedQuery) {
        guard let stopper = services.stopper, let bound = services.running.stop, bound.isReached(by: query),
            services.running.isAbout(attributed(query, of: row))
        else { return }
        do throws(AWSError) {
            if row.stopBound == nil {
                let outcome = try services.table.markStopped(row.key, at: "\(bound)", before: deadline)
                guard outcome == .written else { return }
            }
            do throws(AWSError) {
                try stopper.stop(row.key.executionID, in: row.region, before: deadline)
            } catch {
                // Whoever cancels a query that the role may not stop must not be hidden behind the note.
                if error.isDenial { _ = try services.table.markStopped(row.key, at: nil, before: deadline) }
                throw error
            }
            context.metrics.add("QueriesStopped")
        } catch {
            // It may have ended meanwhile, or the role may not stop it.
            context.metrics.add("QueriesNotStopped")
            context.log(.warn, "a query could not be stopped", .init("reason", .string("\(error)")))
        }
    }

    private mutating func send(_ warnings: [RunningRow]) {
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
