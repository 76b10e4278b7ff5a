/// Who may hear of a query.
package enum AlertTarget: String, Sendable, CaseIterable {
    /// The team.
    case channel
    /// The person who ran the query.
    case user
}

/// Decides who hears of a query: each target whose threshold the query reached.
///
/// Reached, not exceeded: a query that a workgroup's limit stops has scanned exactly as much as the limit allows, and
/// the limit is a likely threshold.
package struct AlertPolicy: Sendable, Equatable {
    private let thresholds: AlerterSettings.Thresholds

    /// Creates a policy.
    package init(thresholds: AlerterSettings.Thresholds) {
        self.thresholds = thresholds
    }

    /// The targets that hear of a query, the channel first.
    package func targets(for query: FinishedQuery) -> [AlertTarget] {
        AlertTarget.allCases.filter { ByteSize(bytes: query.dataScanned) >= threshold(for: $0) }
    }

    private func threshold(for target: AlertTarget) -> ByteSize {
        switch target {
        case .channel: thresholds.channel
        case .user: thresholds.user
        }
    }
}
