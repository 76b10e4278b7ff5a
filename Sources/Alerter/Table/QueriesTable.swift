import AWS
import Alerting
import CloudTrail
import Time

/// The rows of the queries table: one for each query that was started.
struct QueriesTable {
    static let openIndex = "open-queries"
    /// All open rows are under one key of the index, so that a poll which finds nothing is one call. It can hold a
    /// thousand new rows a second.
    private static let openShard = AttributeValue.string("0")

    let dynamoDB: DynamoDB
    let name: String
    let retentionDays: Int64
    private let sql: StoredSQL

    init(_ dynamoDB: DynamoDB, name: String, retentionDays: Int64, sql: StoredSQL) {
        self.dynamoDB = dynamoDB
        self.name = name
        self.retentionDays = retentionDays
        self.sql = sql
    }

    /// Writes rows for starts that have none yet; outcomes come in the order of the starts.
    func insert(
        _ starts: [QueryStart],
        now: Timestamp,
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let statements = starts.map { start in
            DynamoDB.Statement.insert(row(of: start, now: now), key: Item(start.key), into: name)
        }
        return dynamoDB.execute(statements, before: deadline)
    }

    /// The `start_key`s of those starts that have a row.
    func storedKeys(of starts: [QueryStart], before deadline: Deadline) throws(AWSError) -> Set<String> {
        let keys = Set(starts.map(\.key)).map { Item($0) }
        let attributes = [RowAttribute.startKey.description]
        let items = try dynamoDB.items(keys, table: name, attributes: attributes, before: deadline)
        return Set(items.compactMap { $0[RowAttribute.startKey]?.string })
    }

    /// The first day of which no row has expired.
    func oldestDay(at now: Timestamp) -> String {
        (now - .days(retentionDays - 1)).date
    }

    private func row(of start: QueryStart, now: Timestamp) -> Item {
        let key = start.key
        var item = Item(key)
        item[RowAttribute.startTimestamp] = .string(key.startTimestamp)
        item[RowAttribute.executionID] = .string(start.executionID)
        item[RowAttribute.state] = "RUNNING"
        item[RowAttribute.user] = .string(start.caller.person.name)
        item[RowAttribute.userType] = .string(start.caller.person.kind.rawValue)
        item[RowAttribute.userSource] = .string(start.caller.person.source.rawValue)
        item[RowAttribute.tool] = start.caller.tool.map { .string($0) }
        item[RowAttribute.sessionName] = start.caller.sessionName.map { .string($0) }
        item[RowAttribute.dataScanned] = .integer(0)
        item[RowAttribute.open] = Self.openShard
        item[RowAttribute.expiresAt] = .integer((now + .days(retentionDays)).secondsSince1970)
        item[RowAttribute.accountID] = start.accountID.map { .string($0) }
        item[RowAttribute.region] = start.region.map { .string($0) }
        item[RowAttribute.workgroup] = start.workgroup.map { .string($0) }
        item[RowAttribute.principalARN] = start.principalARN.map { .string($0) }
        return item
    }

    /// Reads one page of open rows, the oldest first.
    func openQueries(
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [OpenQuery], next: Item?) {
        let query = DynamoDB.Query(
            table: name,
            index: Self.openIndex,
            keyCondition: "#open = :open",
            names: ["#open": RowAttribute.open.description],
            values: [":open": Self.openShard]
        )
        let page = try dynamoDB.query(query, from: start, before: deadline)
        return (page.items.compactMap(OpenQuery.init), page.next)
    }

    /// The position in the index after an open row.
    static func position(after query: OpenQuery) -> Item {
        var item = Item(query.key)
        item[RowAttribute.open] = openShard
        return item
    }

    /// The earliest other row of a query between a time and a row of its own, nil when there is none.
    func earlierRow(of key: QueryKey, since time: Timestamp, before deadline: Deadline) throws(AWSError) -> String? {
        let since = QueryKey(startTime: time, executionID: "")
        // The row of a query that starts just before midnight may be of the day before.
        for date in [since.startDate, (time + .days(1)).date] where date <= key.startDate {
            let query = DynamoDB.Query(
                table: name,
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
            var position: Item?
            repeat {
                let page = try dynamoDB.query(query, from: position, before: deadline)
                if let found = page.items.first?[RowAttribute.startKey]?.string { return found }
                position = page.next
            } while position != nil
        }
        return nil
    }

    /// Reads one page of the rows of a day, the oldest first.
    func rows(on day: String, from start: Item?, before deadline: Deadline) throws(AWSError) -> DynamoDB.Page {
        let query = DynamoDB.Query(
            table: name,
            keyCondition: "start_date = :date",
            values: [":date": .string(day)]
        )
        return try dynamoDB.query(query, from: start, before: deadline)
    }

    /// Closes rows that are open; outcomes come in the order of the rows.
    func close(
        _ closings: [(key: QueryKey, closing: RowClosing)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let open = RowAttribute.open.description
        let statements = closings.map { key, closing in
            update(key, setting: closing.attributes(keeping: sql), removing: open)
        }
        return dynamoDB.execute(statements, before: deadline)
    }

    /// A change of a row that happens only while the row is open.
    func update(_ key: QueryKey, setting changes: Item, removing removed: String? = nil) -> DynamoDB.Statement {
        let open = RowAttribute.open.description
        return .update(Item(key), in: name, setting: changes, removing: removed, ifHaving: open)
    }
}

extension Item {
    /// The key of a row.
    init(_ key: QueryKey) {
        self = [:]
        self[RowAttribute.startDate] = .string(key.startDate)
        self[RowAttribute.startKey] = .string(key.startKey)
    }
}
