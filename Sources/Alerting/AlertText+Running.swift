/// The words of a warning of a query that still runs.
extension AlertText {
    /// The headline, such as `Your query has been running for 32 min 5 s: 1.2 TiB, $6.00 so far`.
    package func runningHeadline(for reader: Reader) -> String {
        let who =
            switch reader {
            case .runner: "Your query"
            case .others: "A query of \(query.user)"
            }
        let time = duration.map { " has been running for \($0)" } ?? " is still running"
        return who + time + (soFar.map { ": \($0) so far" } ?? "")
    }

    /// The size and the cost so far; nil where Athena tells nothing before the end.
    package var soFar: String? {
        guard query.dataScanned > 0 else { return nil }
        guard case .billed = query.cost else { return size }
        return "\(size), \(cost)"
    }
}
