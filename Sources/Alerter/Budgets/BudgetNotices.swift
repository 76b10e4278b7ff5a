import AWS
import Alerting
import JSON
import LambdaRuntime
import Time

/// Carries notices of budgets, as the handler needs it.
protocol BudgetNotifier: AnyObject {
    /// Delivers one notice to one target, once.
    ///
    /// - Parameters:
    ///   - standing: the sum.
    ///   - query: a query of the sum, which leads to the person.
    ///   - target: the receiver.
    ///   - outcome: the settings that hold for the notice.
    ///   - deadline: the time by which the delivery must have ended.
    func deliver(
        _ standing: BudgetStanding,
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery
}

/// The notices of steps that budgets have reached: each claimed, delivered and recorded.
///
/// A step is due until the sum's item records its notice. It does not matter which invocation counted the query that
/// reached it: one that dies before the notice leaves it to the next, or to its message, which comes again.
final class BudgetNotices {
    /// A claim lasts a little longer than it can take to send the notice.
    private static let claimMargin = Duration.seconds(5)
    /// The time that an invocation spends on the records of earlier ones.
    private static let timeForOwedRecords = Duration.seconds(2)

    private let settings: AlerterSettings
    private let records: any BudgetRecords
    private let notifier: any BudgetNotifier
    /// The records of notices that went out while the table refused to take them.
    private var owed: [(notice: BudgetNotice, time: Timestamp)] = []

    init(settings: AlerterSettings, records: any BudgetRecords, notifier: any BudgetNotifier) {
        self.settings = settings
        self.records = records
        self.notifier = notifier
    }

    /// A notice that is due, with the query of this batch that leads to the person.
    private struct Due {
        let notice: BudgetNotice
        let standing: BudgetStanding
        let query: FinishedQuery
        let position: Int
    }

    /// The time that notices may take, and the invocation that they belong to.
    struct Run {
        let context: InvocationContext
        /// The time after which nothing is sent.
        let deadline: Deadline
        /// The time after which nothing is recorded.
        let recordDeadline: Deadline
        /// Whether Slack has asked for a pause.
        var isBusy: Bool
    }

    /// Makes the records that failed in earlier invocations, up to the first that fails again.
    func makeOwedRecords(_ context: InvocationContext, before deadline: Deadline) {
        let deadline = min(deadline, .after(Self.timeForOwedRecords))
        do {
            while let next = owed.first {
                try records.record(next.notice, at: next.time, endsClaim: false, before: deadline)
                owed.removeFirst()
            }
        } catch {
            context.log(.warn, "\(owed.count) budget notices that went out are still not recorded: \(error)")
        }
    }

    /// Sends the notices that are due after a count.
    ///
    /// - Returns: the reasons for which messages must return to the queue, by their positions: one message of each
    ///   notice that did not go out, so that it comes again.
    func send(after outcome: BudgetCounting.Outcome, _ run: Run) -> [Int: String] {
        var run = run
        var reasons: [Int: String] = [:]
        for due in due(after: outcome) {
            run.context.metrics.add("BudgetNoticesDue")
            guard !run.isBusy, !run.deadline.hasPassed else {
                run.context.metrics.add("BudgetNoticesPostponed")
                reasons[due.position] = "a budget notice has to wait"
                continue
            }
            do {
                try send(due, run)
            } catch {
                if case .busy = error { run.isBusy = true }
                run.context.metrics.add("BudgetNoticesFailed")
                reasons[due.position] = "a budget notice failed: \(error)"
            }
        }
        return reasons
    }

    private func due(after outcome: BudgetCounting.Outcome) -> [Due] {
        var seen: Set<BudgetSum.Key> = []
        var due: [Due] = []
        for entry in outcome.entries where outcome.failures[entry.position] == nil {
            for sum in entry.sums where seen.insert(sum.key).inserted {
                guard let state = outcome.states[sum.key] else { continue }
                for target in AlertTarget.allCases where sum.budget.targets.contains(target) {
                    let told = max(state.told[target] ?? 0, owedStep(of: sum.key, target))
                    guard let step = state.standing.stepToTell(after: told) else { continue }
                    let notice = BudgetNotice(sum: sum, target: target, step: step)
                    due.append(
                        Due(notice: notice, standing: state.standing, query: entry.query, position: entry.position)
                    )
                }
            }
        }
        return due
    }

    /// The step that a target has heard of although the table does not say so.
    private func owedStep(of key: BudgetSum.Key, _ target: AlertTarget) -> Int64 {
        owed.filter { $0.notice.sum.key == key && $0.notice.target == target }.map(\.notice.step).max() ?? 0
    }

    private func send(_ due: Due, _ run: Run) throws(NotifierError) {
        let end = Timestamp.now + run.context.deadline.remaining + Self.claimMargin
        let claim: BudgetLedger.Claim
        do {
            claim = try records.claim(due.notice, until: end, before: run.deadline)
        } catch {
            throw .notDelivered("\(error)")
        }
        switch claim {
        case .granted(let token): try deliver(due, token, run)
        case .alreadyTold: run.context.metrics.add("BudgetNoticesAlreadySent")
        case .sentElsewhere: run.context.metrics.add("BudgetNoticesSentElsewhere")
        case .held: throw .notDelivered("another invocation is sending a lower step")
        }
    }

    private func deliver(_ due: Due, _ token: AttributeValue, _ run: Run) throws(NotifierError) {
        do throws(NotifierError) {
            let delivery = try notifier.deliver(
                due.standing,
                of: due.query,
                to: due.notice.target,
                under: RuleOutcome(settings, of: due.notice.sum.budget),
                before: run.deadline
            )
            switch delivery {
            case .delivered: run.context.metrics.add("BudgetNoticesSent")
            case .skipped(let reason):
                run.context.metrics.add("BudgetNoticesSkipped\(reason.rawValue)")
                run.context.log(.info, "the notice has no recipient", .init("reason", .string(reason.rawValue)))
            }
        } catch {
            // When the notice may have gone out, the claim stays until it ends: better late than twice.
            if case .unclear = error {} else { release(due.notice, token, run) }
            throw error
        }
        record(due.notice, run)
    }

    /// Records that a step was told, or that it has no receiver, for whom the next query would only look again.
    private func record(_ notice: BudgetNotice, _ run: Run) {
        let now = Timestamp.now
        do {
            try records.record(notice, at: now, endsClaim: true, before: run.recordDeadline)
        } catch {
            owed.append((notice, now))
            run.context.metrics.add("BudgetNoticesNotNoted")
            run.context.log(.error, "a budget notice went out but could not be recorded: \(error)")
        }
    }

    private func release(_ notice: BudgetNotice, _ token: AttributeValue, _ run: Run) {
        do {
            try records.release(notice, token: token, before: run.recordDeadline)
        } catch {
            run.context.log(.warn, "a claim could not be released and has to end by itself: \(error)")
        }
    }
}
