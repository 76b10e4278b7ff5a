import Alerting
import Time

@testable import AWS
@testable import Alerter

/// The sums of budgets in memory, with the conditions of the table. Each kind of call can fail.
final class FakeBudgetRecords: BudgetRecords {
    var marks: Set<QueryKey> = []
    var spending: [BudgetSum.Key: Spending] = [:]
    var dearest: [BudgetSum.Key: String] = [:]
    var told: [String: Int64] = [:]
    var claims: [String: (token: AttributeValue, step: Int64)] = [:]
    var countFailure: AWSError?
    var readFailure: AWSError?
    var recordFailure: AWSError?
    var released = 0
    /// Another invocation's work, done between the read and the next transactions.
    var meanwhile: [() -> Void] = []
    private(set) var transactions: [(marks: Int, sums: Int)] = []

    func count(
        _ marks: [QueryKey],
        into additions: [BudgetLedger.Addition],
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.TransactionOutcome {
        if let countFailure { throw countFailure }
        if !meanwhile.isEmpty { meanwhile.removeFirst()() }
        transactions.append((marks.count, additions.count))
        let counted = marks.indices.filter { self.marks.contains(marks[$0]) }
        let changed = additions.indices.filter { index in
            guard let change = additions[index].dearest else { return false }
            return dearest[additions[index].sum.key] != change.replaced
        }
        guard counted.isEmpty, changed.isEmpty else {
            return .conditionsFailed(counted + changed.map { $0 + marks.count })
        }
        self.marks.formUnion(marks)
        for addition in additions {
            spending[addition.sum.key] = (spending[addition.sum.key] ?? Spending()) + addition.spending
            if let change = addition.dearest { dearest[addition.sum.key] = change.text }
        }
        return .written
    }

    func dearestQueries(of sums: [BudgetSum], before deadline: Deadline) throws(AWSError) -> [String?] {
        if let readFailure { throw readFailure }
        return sums.map { dearest[$0.key] }
    }

    func states(of sums: [BudgetSum], before deadline: Deadline) throws(AWSError) -> [BudgetState] {
        if let readFailure { throw readFailure }
        return sums.map { sum in
            let spending = spending[sum.key] ?? Spending()
            var item: Item = [
                "data_scanned": .integer(spending.bytes), "cost_usd": .number(spending.dollars.description),
                "queries": .integer(spending.queries),
            ]
            item[sum.budget.dearestAttribute] = dearest[sum.key].map { .string($0) }
            for target in AlertTarget.allCases {
                item[BudgetAttribute.told(target)] = told[name(sum, target)].map { .integer($0) }
            }
            return BudgetState(sum, item)
        }
    }

    func claim(
        _ notice: BudgetNotice,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> BudgetLedger.Claim {
        let name = name(notice.sum, notice.target)
        if let told = told[name], told >= notice.step { return .alreadyTold }
        if let claim = claims[name] { return claim.step >= notice.step ? .sentElsewhere : .held }
        claims[name] = (.integer(notice.step), notice.step)
        return .granted(token: .integer(notice.step))
    }

    func record(
        _ notice: BudgetNotice,
        at time: Timestamp,
        endsClaim: Bool,
        before deadline: Deadline
    ) throws(AWSError) {
        if let recordFailure { throw recordFailure }
        told[name(notice.sum, notice.target)] = notice.step
        if endsClaim { claims[name(notice.sum, notice.target)] = nil }
    }

    func release(_ notice: BudgetNotice, token: AttributeValue, before deadline: Deadline) throws(AWSError) {
        released += 1
        claims[name(notice.sum, notice.target)] = nil
    }

    func name(_ sum: BudgetSum, _ target: AlertTarget) -> String { "\(sum.key.range) \(target)" }
}

/// A medium that keeps the notices; a failure is thrown once.
final class FakeBudgetNotifier: BudgetNotifier {
    var failure: NotifierError?
    var skipped: Delivery.SkipReason?
    private(set) var delivered: [String] = []

    func deliver(
        _ standing: BudgetStanding,
        of query: FinishedQuery,
        to target: AlertTarget,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        if let failure {
            self.failure = nil
            throw failure
        }
        if let skipped { return .skipped(skipped) }
        delivered.append("\(target) \(BudgetText(standing).percent)")
        return .delivered()
    }
}
