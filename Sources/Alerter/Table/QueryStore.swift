import AWS
import Alerting
import Time

/// The queries table: which queries there are, which are open, and which alerts have gone out.
struct QueryStore {
    static let openIndex = "open-queries"
    /// All open rows are under one key of the index, so that a poll which finds nothing is one call. It can hold a
    /// thousand new rows a second.
    private static let openShard = AttributeValue.string("0")

    private let dynamoDB: DynamoDB
    private let table: String
    let retentionDays: Int64

    init(_ dynamoDB: DynamoDB, table: String, retentionDays: Int64) {
        self.dynamoDB = dynamoDB
        self.table = table
        self.retentionDays = retentionDays
    }

    /// Writes rows for queries that have none yet; outcomes come in the order of the queries.
    func insert(
        _ queries: [Query],
        now: Timestamp = .now,
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let writes = queries.map { query in
            DynamoDB.Write.put(item(query, now: now), table: table, condition: "attribute_not_exists(start_key)")
        }
        return dynamoDB.write(writes, before: deadline)
    }

    /// The `start_key`s of those queries that have a row.
    func storedKeys(of queries: [Query], before deadline: Deadline) throws(AWSError) -> Set<String> {
        let keys = Set(queries.map(\.key)).map(Self.item)
        let items = try dynamoDB.items(keys, table: table, attributes: ["start_key"], before: deadline)
        return Set(items.compactMap { $0["start_key"]?.string })
    }

    /// The first day of which no row has expired.
    func oldestDay(at now: Timestamp) -> String {
        (now - .days(retentionDays - 1)).date
    }

    private func item(_ query: Query, now: Timestamp) -> Item {
        var item: Item = [
            "start_date": .string(query.key.startDate),
            "start_key": .string(query.key.startKey),
            "start_timestamp": .string(query.key.startTimestamp),
            "query_execution_id": .string(query.executionID),
            "query_state": "RUNNING",
            "executing_user": .string(query.user),
            "data_scanned": .integer(0),
            "open": Self.openShard,
            "expires_at": expiry(from: now),
        ]
        item["user_type"] = query.userType.map { .string($0) }
        item["account_id"] = query.accountID.map { .string($0) }
        item["region"] = query.region.map { .string($0) }
        item["workgroup"] = query.workgroup.map { .string($0) }
        item["principal_arn"] = query.principalARN.map { .string($0) }
        return item
    }

    private func expiry(from now: Timestamp) -> AttributeValue {
        .integer((now + .days(retentionDays)).secondsSince1970)
    }

    /// Reads one page of open rows, the oldest first.
    func openQueries(
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [OpenQuery], next: Item?) {
        let query = DynamoDB.Query(
            table: table,
            index: Self.openIndex,
            keyCondition: "#open = :open",
            names: ["#open": "open"],
            values: [":open": Self.openShard]
        )
        let page = try dynamoDB.query(query, from: start, before: deadline)
        return (page.items.compactMap(OpenQuery.init), page.next)
    }

    /// Where to go on reading after an open row.
    static func place(after query: OpenQuery) -> Item {
        item(query.key).merging(["open": openShard]) { $1 }
    }

    /// The earliest other row of a query between a time and a row of its own, nil when there is none.
    func earlierRow(
        of key: QueryKey,
        since time: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> String? {
        let since = QueryKey(startTime: time, executionID: "")
        // What happens just before midnight may be told of just after it.
        for date in [since.startDate, (time + .days(1)).date] where date <= key.startDate {
            let query = DynamoDB.Query(
                table: table,
                keyCondition: "start_date = :date AND start_key BETWEEN :since AND :until",
                filter: "query_execution_id = :id AND start_timestamp < :own",
                projection: "start_key",
                values: [
                    ":date": .string(date),
                    ":since": .string(since.startTimestamp),
                    ":until": .string(date == key.startDate ? key.startKey : date + "~"),
                    ":id": .string(key.executionID),
                    ":own": .string(key.startTimestamp),
                ]
            )
            var start: Item?
            repeat {
                let page = try dynamoDB.query(query, from: start, before: deadline)
                if let found = page.items.first?["start_key"]?.string { return found }
                start = page.next
            } while start != nil
        }
        return nil
    }

    /// How a row ends.
    enum Closing {
        /// Athena told how the query ended.
        case finished(FinishedQuery)
        /// Athena does not know the query, or no longer.
        case unknown
        /// Another row stands for the same query; this one counts no bytes.
        case repeated(of: String)
    }

    /// Closes rows that are open; outcomes come in the order of the rows.
    func close(
        _ closings: [(key: QueryKey, closing: Closing)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let writes = closings.map { key, closing in
            let attributes = Self.attributes(of: closing).sorted { $0.key < $1.key }
            let names = Dictionary(uniqueKeysWithValues: attributes.enumerated().map { ("#a\($0)", $1.key) })
            let values = Dictionary(uniqueKeysWithValues: attributes.enumerated().map { (":a\($0)", $1.value) })
            let assignments = attributes.indices.map { "#a\($0) = :a\($0)" }.joined(separator: ", ")
            return DynamoDB.Write.update(
                Self.item(key),
                table: table,
                "SET \(assignments) REMOVE #open",
                condition: "attribute_exists(#open)",
                names: names.merging(["#open": "open"]) { $1 },
                values: values
            )
        }
        return dynamoDB.write(writes, before: deadline)
    }

    private static func attributes(of closing: Closing) -> Item {
        switch closing {
        case .unknown: return ["query_state": "UNKNOWN"]
        case .repeated(let key): return ["query_state": "REPEATED", "repeat_of": .string(key)]
        case .finished(let query):
            var item: Item = ["query_state": .string(query.state), "data_scanned": .integer(query.dataScanned)]
            item["query_sql"] = query.sql.flatMap { $0.isEmpty ? nil : .string($0) }
            item["statement_type"] = query.statementType.map { .string($0) }
            item["workgroup"] = query.workgroup.map { .string($0) }
            item["database"] = query.database.map { .string($0) }
            item["state_change_reason"] = query.stateChangeReason.map { .string($0) }
            item["duration_ms"] = query.durationMilliseconds.map { .integer($0) }
            item["cost_usd"] = query.cost.map { .number(String($0.dollars)) }
            item["not_billed"] = query.cost?.freeReason.map { .string($0.rawValue) }
            return item
        }
    }

    private static func item(_ key: QueryKey) -> Item {
        ["start_date": .string(key.startDate), "start_key": .string(key.startKey)]
    }
}

// MARK: - Alerts

extension QueryStore {
    /// Whether an alert may be sent now.
    enum Claim: Equatable {
        /// Nobody else sends it until the claim runs out; the token gives the claim back.
        case granted(token: AttributeValue)
        /// It went out at a time, written as in the table.
        case alreadyAlerted(at: AttributeValue)
        /// Somebody else is sending it.
        case held
    }

    /// Claims an alert, so that of two invocations with the same message one sends it.
    ///
    /// - Parameters:
    ///   - alert: under which name the alert is remembered, such as `channel`.
    ///   - key: the query's item of alerts.
    ///   - end: when the claim runs out by itself, should this invocation die.
    func claim(
        _ alert: String,
        of key: QueryKey,
        until end: Timestamp,
        now: Timestamp = .now,
        before deadline: Deadline
    ) throws(AWSError) -> Claim {
        let token = Self.claimToken(end)
        let write = DynamoDB.Write.update(
            Self.item(key),
            table: table,
            "SET #claim = :token, expires_at = if_not_exists(expires_at, :expiry)",
            condition: "attribute_not_exists(#done) AND (attribute_not_exists(#claim) OR #claim < :now)",
            names: ["#claim": Self.claimName(alert), "#done": Self.doneName(alert)],
            values: [":token": token, ":now": .integer(now.millisecondsSince1970), ":expiry": alertExpiry(from: now)]
        )
        if try dynamoDB.write(write, before: deadline) == .written { return .granted(token: token) }
        let item = try dynamoDB.getItem(
            Self.item(key),
            table: table,
            attributes: [Self.doneName(alert), Self.claimName(alert)],
            before: deadline
        )
        if let time = item?[Self.doneName(alert)] { return .alreadyAlerted(at: time) }
        // The write may have been repeated after its answer was lost: then the claim that stood in its way is its own.
        return item?[Self.claimName(alert)] == token ? .granted(token: token) : .held
    }

    /// An alert is remembered for longer than Athena remembers its query: should a log file come again after the row has
    /// expired, the query ends once more.
    private func alertExpiry(from now: Timestamp) -> AttributeValue {
        .integer((now + max(.days(retentionDays), OpenQuery.memory * 2)).secondsSince1970)
    }

    /// Remembers when an alert went out.
    func remember(
        _ alert: String,
        of key: QueryKey,
        at time: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let names = ["#claim": Self.claimName(alert), "#done": Self.doneName(alert)]
        try note("SET #done = :value REMOVE #claim", time, on: key, condition: nil, names, before: deadline)
    }

    /// Shows on the query's row when an alert went out; a query that somebody else put on the queue may have none.
    func show(
        _ alert: String,
        on key: QueryKey,
        at time: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let names = ["#done": Self.doneName(alert)]
        let isThere = "attribute_exists(start_key)"
        try note("SET #done = :value", time, on: key, condition: isThere, names, before: deadline)
    }

    /// Gives a claim back, because the alert did not go out; does nothing when somebody else has it by now.
    func release(
        _ alert: String,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let names = ["#claim": Self.claimName(alert)]
        try note("REMOVE #claim", token, on: key, condition: "#claim = :value", names, before: deadline)
    }

    private func note(
        _ expression: String,
        _ value: AttributeValue,
        on key: QueryKey,
        condition: String?,
        _ names: [String: String],
        before deadline: Deadline
    ) throws(AWSError) {
        let write = DynamoDB.Write.update(
            Self.item(key),
            table: table,
            expression,
            condition: condition,
            names: names,
            values: [":value": value]
        )
        _ = try dynamoDB.write(write, before: deadline)
    }

    /// A time as the table has it.
    static func time(_ time: Timestamp) -> AttributeValue { .string(time.iso8601) }

    private static func doneName(_ alert: String) -> String { "\(alert)_alerted_at" }

    private static func claimName(_ alert: String) -> String { "\(alert)_alert_claimed_until" }

    /// When a claim ends, in milliseconds, with a fraction that no other claim has. DynamoDB drops zeros at the end of a
    /// number, and what it returns is compared with this, so the last digit is none.
    private static func claimToken(_ end: Timestamp) -> AttributeValue {
        .number("\(end.millisecondsSince1970).\(Int.random(in: 100_000_000..<1_000_000_000))1")
    }
}
