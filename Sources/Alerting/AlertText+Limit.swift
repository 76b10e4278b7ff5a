extension AlertText {
    /// The length to which Athena's reason is cut, in characters.
    private static let longestReason = 300

    /// The notice about a query that did not end by itself; nil for one that did.
    package var notice: [String]? { stopNotice ?? limitNotice }

    /// The notice about a query that this program stopped: by which setting, and the charge.
    private var stopNotice: [String]? {
        guard let bound = query.stopBound else { return nil }
        return ["Athena Alerter stopped this query, since it reached running.stop (\(bound)) of the settings.\(charge)"]
    }

    /// The notice about a query that its workgroup's limit stopped, in paragraphs: Athena's words, the cause with the
    /// charge, and two ways out; nil for any other query.
    package var limitNotice: [String]? {
        guard query.isStoppedByLimit, let reason = query.stateChangeReason else { return nil }
        let workgroup = query.workgroup.map { "workgroup \($0)" } ?? "workgroup"
        return [
            "Athena: \(reason.prefix(Self.longestReason))",
            "A limit of the \(workgroup) on what one query may scan stopped this one at \(size).\(charge)",
            "Two ways on: narrow the query, with fewer columns or a filter on partitions, or ask the owner of the "
                + "workgroup to raise the limit.",
        ]
    }

    private var charge: String {
        guard case .billed = query.cost else { return "" }
        return " What it scanned until then is charged: \(cost)."
    }
}
