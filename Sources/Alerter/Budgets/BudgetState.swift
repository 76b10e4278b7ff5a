import AWS
import Alerting
import Time

/// A sum as its item in the table has it, and the steps that were told.
struct BudgetState {
    let standing: BudgetStanding
    /// The highest step that each target has heard of.
    let told: [AlertTarget: Int64]

    /// Reads an item; an item that is not there is a sum of nothing.
    init(_ sum: BudgetSum, _ item: Item) {
        standing = BudgetStanding(
            sum,
            spending: Spending(
                // A number that is there and cannot be read is greater than any limit.
                bytes: item[RowAttribute.dataScanned].map { $0.integer ?? .max } ?? 0,
                dollars: item[RowAttribute.cost].map { $0.amount ?? .greatest } ?? .zero,
                yuan: item[BudgetAttribute.yuan].map { $0.amount ?? .greatest } ?? .zero,
                queries: item[BudgetAttribute.queries].map { $0.integer ?? .max } ?? 0
            ),
            since: item[BudgetAttribute.countedSince]?.string.flatMap { Timestamp(iso8601: $0) },
            dearest: DearestQueries(item[sum.budget.dearestAttribute]?.string)
        )
        told = Dictionary(
            uniqueKeysWithValues: AlertTarget.allCases.compactMap { target in
                item[BudgetAttribute.told(target)]?.integer.map { (target, $0) }
            }
        )
    }

    /// The attributes that make a state.
    static func attributes(of budget: Budget) -> [String] {
        let names = [RowAttribute.dataScanned, RowAttribute.cost].map(\.description)
        return names + [BudgetAttribute.yuan, BudgetAttribute.queries, BudgetAttribute.countedSince]
            + AlertTarget.allCases.map(BudgetAttribute.told) + [budget.dearestAttribute]
    }
}

/// The attribute names of a budget's item that a query's row does not have.
enum BudgetAttribute {
    static let yuan = "cost_cny"
    static let queries = "queries"
    static let countedSince = "counted_since"

    static func told(_ target: AlertTarget) -> String { "\(target.rawValue)_told_step" }

    static func toldAt(_ target: AlertTarget) -> String { "\(target.rawValue)_told_at" }

    static func claimedUntil(_ target: AlertTarget) -> String { "\(target.rawValue)_notice_claimed_until" }

    static func claimedStep(_ target: AlertTarget) -> String { "\(target.rawValue)_notice_claimed_step" }
}

extension Budget {
    /// The attribute of the dearest queries, by what the limit measures.
    var dearestAttribute: String {
        switch limit {
        case .size: "dearest_data_scanned"
        case .money(let money): money.currency == .dollars ? "dearest_cost_usd" : "dearest_cost_cny"
        }
    }
}

extension AttributeValue {
    /// The value of a number.
    fileprivate var amount: ExactAmount? {
        if case .number(let digits) = self { ExactAmount(digits) } else { nil }
    }
}

extension BudgetSum.Key {
    /// Reads the key of a sum's item; nil when it has none.
    init?(_ item: Item) {
        guard let hash = item[RowAttribute.startDate]?.string, let range = item[RowAttribute.startKey]?.string else {
            return nil
        }
        self.init(hash: hash, range: range)
    }
}

extension Item {
    /// The key of a sum's item.
    init(_ key: BudgetSum.Key) {
        self.init()
        self[RowAttribute.startDate] = .string(key.hash)
        self[RowAttribute.startKey] = .string(key.range)
    }
}
