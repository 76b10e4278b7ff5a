import AWS
import Alerting
import Time

/// The sums of the budgets, and what people have heard of them.
struct BudgetLedger {
    /// An item outlives its period by two years.
    private static let memory = Duration.days(731)

    let dynamoDB: DynamoDB
    let table: String
    private let alerts: AlertLedger

    init(_ dynamoDB: DynamoDB, table: String, alerts: AlertLedger) {
        self.dynamoDB = dynamoDB
        self.table = table
        self.alerts = alerts
    }

    /// The change of one sum by the queries of a transaction.
    struct Addition {
        let sum: BudgetSum
        var spending: Spending
        /// The end of the earliest query.
        var since: Timestamp
        /// The dearest queries with those of the transaction; nil when they stay as they are.
        var dearest: (text: String, replaced: String?)?
    }

    /// Counts queries: marks each as counted and adds to the sums, all or nothing.
    ///
    /// The mark is on the query's item of alerts, which outlives its row: a query that is told of again after that does
    /// not count again.
    ///
    /// - Returns: the outcome; the positions of failed conditions are those of the marks, and then of the additions.
    func count(
        _ marks: [QueryKey],
        into additions: [Addition],
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.TransactionOutcome {
        let now = Timestamp.now
        return try dynamoDB.writeTogether(
            marks.map { mark($0, at: now) } + additions.map(write),
            before: deadline
        )
    }

    private func mark(_ key: QueryKey, at now: Timestamp) -> DynamoDB.Write {
        .update(
            Item(key),
            table: table,
            "SET counted_at = :now, expires_at = if_not_exists(expires_at, :expiry)",
            condition: "attribute_not_exists(counted_at)",
            values: [":now": AlertLedger.time(now), ":expiry": alerts.expiry(from: now)]
        )
    }

    private func write(_ addition: Addition) -> DynamoDB.Write {
        let spending = addition.spending
        var sets = ["#since = if_not_exists(#since, :since)", "expires_at = if_not_exists(expires_at, :expiry)"]
        var additions = ["data_scanned :bytes", "cost_usd :dollars", "#queries :queries"]
        var names = ["#since": BudgetAttribute.countedSince, "#queries": BudgetAttribute.queries]
        var values: Item = [
            ":since": AlertLedger.time(addition.since),
            ":expiry": .integer((addition.sum.period.end + Self.memory).secondsSince1970),
            ":bytes": .integer(spending.bytes),
            ":dollars": .number(spending.dollars.description),
            ":queries": .integer(spending.queries),
        ]
        if spending.yuan != .zero {
            additions.append("#yuan :yuan")
            names["#yuan"] = BudgetAttribute.yuan
            values[":yuan"] = .number(spending.yuan.description)
        }
        var condition: String?
        if let dearest = addition.dearest {
            sets.append("#dearest = :dearest")
            names["#dearest"] = addition.sum.budget.dearestAttribute
            values[":dearest"] = .string(dearest.text)
            values[":replaced"] = dearest.replaced.map { .string($0) }
            condition = dearest.replaced == nil ? "attribute_not_exists(#dearest)" : "#dearest = :replaced"
        }
        return .update(
            Item(addition.sum.key),
            table: table,
            "SET \(sets.joined(separator: ", ")) ADD \(additions.joined(separator: ", "))",
            condition: condition,
            names: names,
            values: values
        )
    }

    /// Reads sums, no two the same; states come in their order.
    func states(of sums: [BudgetSum], before deadline: Deadline) throws(AWSError) -> [BudgetState] {
        let items = try items(of: sums, BudgetState.attributes, before: deadline)
        return sums.map { BudgetState($0, items[$0.key] ?? [:]) }
    }

    /// Reads the texts of the dearest queries of sums, no two the same; texts come in their order.
    func dearestQueries(of sums: [BudgetSum], before deadline: Deadline) throws(AWSError) -> [String?] {
        let items = try items(of: sums, { [$0.dearestAttribute] }, before: deadline)
        return sums.map { items[$0.key]?[$0.budget.dearestAttribute]?.string }
    }

    /// Reads those items of sums that are there.
    private func items(
        of sums: [BudgetSum],
        _ attributes: (Budget) -> [String],
        before deadline: Deadline
    ) throws(AWSError) -> [BudgetSum.Key: Item] {
        let key = [RowAttribute.startDate, RowAttribute.startKey].map(\.description)
        let names = key + Set(sums.flatMap { attributes($0.budget) }).sorted()
        let items = try dynamoDB.items(sums.map { Item($0.key) }, table: table, attributes: names, before: deadline)
        return Dictionary(items.compactMap { item in BudgetSum.Key(item).map { ($0, item) } }) { first, _ in first }
    }

    /// Reads all sums of a budget in a period, in the order of their subjects.
    func states(
        of budget: Budget,
        in period: BudgetPeriod,
        before deadline: Deadline
    ) throws(AWSError) -> [BudgetState] {
        let prefix = "\(period.key)#"
        let query = DynamoDB.Query(
            table: table,
            keyCondition: "start_date = :budget AND begins_with(start_key, :period)",
            values: [":budget": .string(BudgetSum.hash(of: budget.name)), ":period": .string(prefix)]
        )
        var states: [BudgetState] = []
        var start: Item?
        repeat {
            let page = try dynamoDB.query(query, from: start, before: deadline)
            states += page.items.compactMap { item in
                item[RowAttribute.startKey]?.string.map { key in
                    let subject = String(key.dropFirst(prefix.count))
                    return BudgetState(BudgetSum(budget: budget, period: period, subject: subject), item)
                }
            }
            start = page.next
        } while start != nil
        return states
    }
}
