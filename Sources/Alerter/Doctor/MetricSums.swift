/// Metrics that are the sum of others, as `docs/operations.md` explains them: a difference means that something was lost
/// on the way, or counted twice.
struct MetricSums {
    /// The handler that counts.
    let handler: String
    let whole: String
    let parts: [String]

    /// All sums of the alerter's handlers.
    static let all = [
        MetricSums(
            handler: "cloudtrail_handler",
            whole: "Records",
            parts: ["QueryStarts", "StartsRefusedByAthena", "RecordsOfOthers", "RecordsMalformed"]
        ),
        MetricSums(
            handler: "cloudtrail_handler",
            whole: "QueryStarts",
            parts: ["QueriesStored", "QueriesAlreadyStored", "QueriesSkippedOtherAccount", "QueriesNotStored"]
        ),
        MetricSums(
            handler: "usage_update",
            whole: "OpenQueries",
            parts: [
                "QueriesRunning", "QueriesFinished", "QueriesRepeated", "QueriesUnknownToAthena",
                "QueriesAlreadyClosed",
                "QueriesUnclear", "QueriesFailed", "QueriesLeftForLater",
            ]
        ),
        MetricSums(
            handler: "usage_update",
            whole: "EndingEvents",
            parts: ["EndingEventsDone", "EndingEventsReturned", "EndingEventsDropped", "EndingEventsSkipped"]
        ),
        MetricSums(
            handler: "notification",
            whole: "AlertsDue",
            parts: [
                "AlertsSent", "AlertsAlreadySent", "AlertsFailed", "AlertsPostponed", "AlertsSkippedTargetNotSet",
                "AlertsSkippedNotAPerson", "AlertsSkippedUnknownPerson", "AlertsSkippedByRule", "AlertsCountedOnly",
            ]
        ),
        MetricSums(
            handler: "notification",
            whole: "BudgetNoticesDue",
            parts: [
                "BudgetNoticesSent", "BudgetNoticesAlreadySent", "BudgetNoticesSentElsewhere", "BudgetNoticesFailed",
                "BudgetNoticesPostponed", "BudgetNoticesSkippedTargetNotSet", "BudgetNoticesSkippedNotAPerson",
                "BudgetNoticesSkippedUnknownPerson", "BudgetNoticesSkippedByRule",
            ]
        ),
    ]

    /// The finding about the sums of the last day.
    ///
    /// - Parameter value: the sum of a handler's metric.
    static func finding(value: (_ handler: String, _ metric: String) -> Double) -> Finding {
        let wrong = all.compactMap { sum -> String? in
            let whole = value(sum.handler, sum.whole)
            let parts = sum.parts.map { value(sum.handler, $0) }.reduce(0, +)
            return whole == parts ? nil : "\(sum.handler): \(sum.whole) is \(Int(whole)), its parts are \(Int(parts))"
        }
        guard wrong.isEmpty else {
            return .ill(
                "metrics",
                wrong.joined(separator: "; "),
                "find queries without a row: athena-alerter reconcile (docs/operations.md, 'Finding lost queries')"
            )
        }
        return .well("metrics", "those of the last day add up")
    }
}
