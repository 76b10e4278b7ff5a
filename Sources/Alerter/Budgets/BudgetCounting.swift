import AWS
import Alerting
import LambdaRuntime
import Time

/// Records of budgets, as the handler needs them. See ``BudgetLedger`` for the meaning of each.
protocol BudgetRecords {
    func count(
        _ marks: [QueryKey],
        into additions: [BudgetLedger.Addition],
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.TransactionOutcome
    func dearestQueries(of sums: [BudgetSum], before deadline: Deadline) throws(AWSError) -> [String?]
    func states(of sums: [BudgetSum], before deadline: Deadline) throws(AWSError) -> [BudgetState]
    func claim(
        _ notice: BudgetNotice,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> BudgetLedger.Claim
    func record(
        _ notice: BudgetNotice,
        at time: Timestamp,
        endsClaim: Bool,
        before deadline: Deadline
    ) throws(AWSError)
    func release(_ notice: BudgetNotice, token: AttributeValue, before deadline: Deadline) throws(AWSError)
}

extension BudgetLedger: BudgetRecords {}

/// The counting of one batch: each query that a budget matches, once.
struct BudgetCounting {
    /// A query of the batch, and the sums into which it counts.
    struct Entry {
        /// The position of its message in the batch.
        let position: Int
        let query: FinishedQuery
        let sums: [BudgetSum]
    }

    /// The outcome for a batch.
    struct Outcome {
        /// The reasons for which messages must return to the queue, by their positions.
        var failures: [Int: String] = [:]
        /// The queries that count, with their sums.
        var entries: [Entry] = []
        /// The sums after the count.
        var states: [BudgetSum.Key: BudgetState] = [:]

        /// The standings of the budgets of a message's query.
        func standings(at position: Int) -> [BudgetStanding] {
            entries.first { $0.position == position }?.sums.compactMap { states[$0.key]?.standing } ?? []
        }
    }

    /// A transaction that meets other ones at its sums gives up the dearest queries after so many attempts.
    private static let attemptsWithDearest = 5

    let context: InvocationContext
    let records: any BudgetRecords
    let deadline: Deadline

    /// Counts the queries of a batch, and reads their sums.
    func count(_ entries: [Entry]) -> Outcome {
        var outcome = Outcome(entries: entries)
        context.metrics.add("QueriesToCount", entries.count)
        var known: Set<QueryKey> = []
        let (first, twins) = entries.divided { known.insert($0.query.alertKey).inserted }
        for transaction in Self.transactions(of: first) { count(transaction, &outcome) }
        for twin in twins {
            // What became of the first becomes of its twin.
            let original = first.first { $0.query.alertKey == twin.query.alertKey }
            outcome.failures[twin.position] = original.flatMap { outcome.failures[$0.position] }
            context.metrics.add(outcome.failures[twin.position] == nil ? "QueriesCountedBefore" : "QueriesNotCounted")
        }
        readStates(&outcome)
        return outcome
    }

    /// Divides queries among transactions, each with room for its marks and sums.
    static func transactions(of entries: [Entry]) -> [[Entry]] {
        var transactions: [[Entry]] = []
        var keys: Set<BudgetSum.Key> = []
        for entry in entries {
            let all = keys.union(entry.sums.map(\.key))
            if let last = transactions.last, last.count + 1 + all.count <= DynamoDB.maximumTransactionLength {
                transactions[transactions.count - 1].append(entry)
                keys = all
            } else {
                transactions.append([entry])
                keys = Set(entry.sums.map(\.key))
            }
        }
        return transactions
    }

    /// Counts the queries of one transaction. Those that were counted before are taken out, and the rest tried again.
    private func count(_ entries: [Entry], _ outcome: inout Outcome) {
        var entries = entries
        var attempts = 0
        do {
            while !entries.isEmpty {
                attempts += 1
                let marks = entries.map(\.query.alertKey)
                let additions = try additions(of: entries, withDearest: attempts <= Self.attemptsWithDearest)
                switch try records.count(marks, into: additions, before: deadline) {
                case .written:
                    context.metrics.add("QueriesCounted", entries.count)
                    return
                case .conditionsFailed(let positions):
                    // A failed condition of a sum means that another invocation has changed the dearest queries.
                    let counted = Set(positions).intersection(entries.indices)
                    context.metrics.add("QueriesCountedBefore", counted.count)
                    entries = entries.indices.filter { !counted.contains($0) }.map { entries[$0] }
                }
            }
        } catch {
            guard entries.count > 1, error.isAboutInput else {
                context.metrics.add("QueriesNotCounted", entries.count)
                for entry in entries { outcome.failures[entry.position] = "the query was not counted: \(error)" }
                return
            }
            // One that DynamoDB refuses must not keep its neighbors from being counted.
            for entry in entries { count([entry], &outcome) }
        }
    }

    private func additions(
        of entries: [Entry],
        withDearest: Bool
    ) throws(AWSError) -> [BudgetLedger.Addition] {
        var sums: [BudgetSum.Key: BudgetSum] = [:]
        var queries: [BudgetSum.Key: [FinishedQuery]] = [:]
        for entry in entries {
            for sum in entry.sums {
                sums[sum.key] = sum
                queries[sum.key, default: []].append(entry.query)
            }
        }
        let ordered = sums.values.sorted { ($0.key.hash, $0.key.range) < ($1.key.hash, $1.key.range) }
        let dearest = withDearest ? try records.dearestQueries(of: ordered, before: deadline) : []
        return ordered.enumerated().map { index, sum in
            let added = queries[sum.key] ?? []
            var addition = BudgetLedger.Addition(
                sum: sum,
                spending: added.reduce(Spending()) { $0 + Spending(of: $1) },
                since: added.compactMap(\.endTime).min() ?? .now
            )
            if withDearest {
                let known = DearestQueries(dearest[index])
                let changed = added.reduce(known) { $0.adding($1, measuredBy: sum.budget.limit) }
                if changed != known { addition.dearest = (changed.text, dearest[index]) }
            }
            return addition
        }
    }

    /// Reads the sums after the count. A message whose sums are not known must return: no other message may come to tell
    /// of the step that they have reached.
    private func readStates(_ outcome: inout Outcome) {
        var sums: [BudgetSum.Key: BudgetSum] = [:]
        for entry in outcome.entries where outcome.failures[entry.position] == nil {
            for sum in entry.sums { sums[sum.key] = sum }
        }
        do {
            let states = try records.states(of: Array(sums.values), before: deadline)
            outcome.states = Dictionary(uniqueKeysWithValues: zip(sums.keys, states))
        } catch {
            for entry in outcome.entries where outcome.failures[entry.position] == nil {
                outcome.failures[entry.position] = "the budgets could not be read: \(error)"
            }
        }
    }
}

extension Array {
    /// The elements that fit, and the others, each in their order.
    fileprivate func divided(_ fits: (Element) -> Bool) -> (fitting: [Element], others: [Element]) {
        reduce(into: ([], [])) { parts, element in
            if fits(element) { parts.0.append(element) } else { parts.1.append(element) }
        }
    }
}
