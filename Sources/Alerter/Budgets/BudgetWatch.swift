import AWS
import Alerting
import JSON
import LambdaRuntime
import Time

/// The budgets in one process of `notification`: counts each batch, and tells of the steps that it reached.
final class BudgetWatch {
    /// The time that it takes to record a notice and to report.
    private static let reserve = Duration.seconds(2)
    /// The time that it takes to report.
    private static let reportReserve = Duration.milliseconds(500)

    private let settings: AlerterSettings
    private let records: any BudgetRecords
    private let notices: BudgetNotices

    init(settings: AlerterSettings, records: any BudgetRecords, notifier: any BudgetNotifier) {
        self.settings = settings
        self.records = records
        notices = BudgetNotices(settings: settings, records: records, notifier: notifier)
    }

    /// Counts the queries of a batch. Those that rules ignore count too: rules are about alerts.
    func count(
        _ queries: [Result<FinishedQuery, JSONError>],
        _ context: InvocationContext
    ) -> BudgetCounting.Outcome {
        let deadline = context.deadline(reserving: Self.reserve)
        notices.makeOwedRecords(context, before: deadline)
        let now = Timestamp.now
        let entries = queries.enumerated().compactMap { position, query -> BudgetCounting.Entry? in
            // A warning is of a query that still runs: it counts when it has ended.
            guard let query = try? query.get(), query.warnedTargets == nil else { return nil }
            let sums = settings.budgets.sums(of: query, timeZone: settings.timeZone, now: now)
            return sums.isEmpty ? nil : BudgetCounting.Entry(position: position, query: query, sums: sums)
        }
        guard !entries.isEmpty else { return BudgetCounting.Outcome() }
        return BudgetCounting(context: context, records: records, deadline: deadline).count(entries)
    }

    /// Sends the notices that are due after a count.
    ///
    /// - Returns: the reasons for which messages must return to the queue, by their positions.
    func tell(_ outcome: BudgetCounting.Outcome, _ context: InvocationContext, isSlackBusy: Bool) -> [Int: String] {
        let run = BudgetNotices.Run(
            context: context,
            deadline: context.deadline(reserving: Self.reserve),
            recordDeadline: context.deadline(reserving: Self.reportReserve),
            isBusy: isSlackBusy
        )
        return notices.send(after: outcome, run)
    }
}
