import AWS
import Alerting
import CloudTrail
import JSON
import LambdaRuntime
import Time

/// The names of those who stopped queries.
extension UsageUpdateInvocation {
    /// The longest time of the look-up, and the share of the remaining time that it may take.
    private static let patience = Duration.seconds(2)
    private static let share = 3

    /// Names who stopped each query that was cancelled by a call, in one look-up for all. One that fails costs the name
    /// and not the alert.
    func nameStoppers(of endings: inout [Ending]) {
        guard endings.contains(where: { $0.closing.cancelledQuery != nil }) else { return }
        let deadline = Deadline.after(min(Self.patience, deadline.remaining / Self.share))
        do throws(AWSError) {
            try readBounds(of: &endings, before: deadline)
            let ids = endings.compactMap { $0.closing.cancelledQuery?.key.executionID }
            guard !ids.isEmpty else { return }
            let names = try services.table.stoppers(of: Set(ids), before: deadline)
            for index in endings.indices {
                let (row, closing) = endings[index]
                guard var query = closing.cancelledQuery, let name = names[row.key.executionID] else { continue }
                query.stoppedBy = services.people.alias(of: name) ?? row.attribution.currentName(of: name, in: query)
                endings[index].closing = .finished(query)
            }
        } catch {
            context.log(.warn, "nothing tells who stopped queries", .init("reason", .string("\(error)")))
        }
    }

    /// Reads again at which bound the alerter has stopped the queries: the index lags behind the table, and a tick may
    /// have stopped a query while an event told of its end.
    private func readBounds(of endings: inout [Ending], before deadline: Deadline) throws(AWSError) {
        guard services.stopper != nil, services.running.stop != nil else { return }
        let keys = endings.compactMap { $0.closing.cancelledQuery == nil ? nil : $0.row.key }
        let bounds = try services.table.stopBounds(of: keys, before: deadline)
        for index in endings.indices {
            guard var query = endings[index].closing.cancelledQuery, let bound = bounds[query.key] else { continue }
            query.stopBound = bound
            endings[index].closing = .finished(query)
        }
    }
}

extension RowClosing {
    /// The query that a caller cancelled, and not a limit of its workgroup or the settings; nil for other ends.
    fileprivate var cancelledQuery: FinishedQuery? {
        guard case .finished(let query) = self, query.state == .cancelled, !query.isStoppedByLimit,
            query.stopBound == nil
        else { return nil }
        return query
    }
}

extension Attribution {
    /// The name that a query has for its runner by now, where CloudTrail names one person as runner and stopper; else
    /// CloudTrail's name of the stopper.
    fileprivate func currentName(of stopper: String, in query: FinishedQuery) -> String {
        person.kind == .person && person.name == stopper ? query.user : stopper
    }
}
