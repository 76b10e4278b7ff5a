/// A receiver of alerts.
package enum AlertTarget: String, Sendable, CaseIterable {
    /// The team.
    case channel
    /// The person who ran the query.
    case user
}

/// Selects the targets of a query's alerts: each target whose threshold the query reached.
///
/// A query reaches a threshold that it equals: a query that a workgroup's limit stops has scanned exactly the limit,
/// and the limit is a likely threshold.
package struct AlertPolicy: Sendable, Equatable {
    private let thresholds: AlerterSettings.Thresholds

    package init(thresholds: AlerterSettings.Thresholds) {
        self.thresholds = thresholds
    }

    /// The targets to alert about a query, the channel first.
    package func targets(for query: FinishedQuery) -> [AlertTarget] {
        AlertTarget.allCases.filter { threshold(for: $0).isReached(by: query) }
    }

    private func threshold(for target: AlertTarget) -> Threshold {
        switch target {
        case .channel: thresholds.channel
        case .user: thresholds.user
        }
    }
}
