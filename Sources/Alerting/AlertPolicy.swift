/// A receiver of alerts.
package enum AlertTarget: String, Sendable, CaseIterable {
    /// The team.
    case channel
    /// The person who ran the query.
    case user
}

/// Selects the targets of a query's alerts: each target whose threshold the query reached, the person whose query a
/// workgroup's limit stopped, and both for a query that this program stopped.
///
/// A query reaches a threshold that it equals: a query that a workgroup's limit stops has scanned exactly the limit,
/// and the limit is a likely threshold.
package struct AlertPolicy: Sendable, Equatable {
    private let thresholds: AlerterSettings.Thresholds
    private let alerts: AlerterSettings.Alerts

    package init(thresholds: AlerterSettings.Thresholds, alerts: AlerterSettings.Alerts = .init()) {
        self.thresholds = thresholds
        self.alerts = alerts
    }

    /// The targets to alert about a query, the channel first.
    package func targets(for query: FinishedQuery) -> [AlertTarget] {
        AlertTarget.allCases.filter { decision(on: $0, for: query).isDue }
    }

    /// Whether a target is to hear of a query, and the reason in words that follow "as".
    package func decision(on target: AlertTarget, for query: FinishedQuery) -> (isDue: Bool, reason: String) {
        if let bound = query.stopBound { return (true, "the query was stopped at running.stop, \(bound)") }
        if target == .user, alerts.stoppedByLimit, query.isStoppedByLimit {
            return (true, "a limit of the workgroup stopped the query")
        }
        let threshold = thresholds[target]
        let isDue = threshold.isReached(by: query)
        let place = "\(isDue ? "at or above" : "below") thresholds.\(target.rawValue), \(threshold)"
        switch threshold {
        case .size: return (isDue, "\(AlertText(query).size) scanned is \(place)")
        case .cost: return (isDue, "the cost (\(AlertText(query).cost)) is \(place)")
        case .never: return (isDue, "thresholds.\(target.rawValue) is null")
        }
    }
}

extension AlerterSettings.Thresholds {
    /// The threshold of a target.
    subscript(target: AlertTarget) -> Threshold {
        switch target {
        case .channel: channel
        case .user: user
        }
    }

    /// The threshold of a target that a query reached, nil when it did not.
    package func reached(by query: FinishedQuery, for target: AlertTarget) -> Threshold? {
        self[target].isReached(by: query) ? self[target] : nil
    }
}
