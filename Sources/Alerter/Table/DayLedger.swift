import AWS
import Alerting
import Time

/// The sums of the alerts that one conversation received about one person on one day, and the thread that gathers them.
///
/// Each day is an item. The number of its queries is its version: it grows by one with each alert, in one transaction
/// with the alert's record, so that neither a crash nor a twin counts an alert twice.
struct DayLedger {
    private let dynamoDB: DynamoDB
    private let table: String

    /// An item outlives its day in every time zone, and the redelivery of the day's messages.
    private static let retention = Duration.days(7)
    /// The longest sort key of DynamoDB, in bytes.
    private static let longestKey = 1024

    init(_ dynamoDB: DynamoDB, table: String) {
        self.dynamoDB = dynamoDB
        self.table = table
    }

    /// The key of a day's item; nil where it would be too long for DynamoDB.
    ///
    /// - Parameters:
    ///   - date: the day, `YYYY-MM-DD`.
    ///   - alert: the name under which the alerts are recorded.
    ///   - conversation: the conversation's name.
    ///   - person: the name of the person or program.
    static func key(date: String, alert: String, conversation: String, person: String) -> QueryKey? {
        let key = key("\(date)#\(alert)#\(conversation)#\(person)")
        return key.startKey.utf8.count <= longestKey ? key : nil
    }

    /// The key of a day's item by its sort key, which begins with the date.
    static func key(_ sortKey: String) -> QueryKey {
        QueryKey(startDate: "\(sortKey.prefix(10))#threads", startKey: sortKey)
    }

    /// Reads a day; one without an item is empty.
    func day(_ key: QueryKey, before deadline: Deadline) throws(AWSError) -> StoredDay {
        let item = try dynamoDB.getItem(Item(key), table: table, attributes: DayAttribute.read, before: deadline)
        return StoredDay(item ?? [:])
    }

    /// Leases the right to do something with a day's item.
    ///
    /// - Returns: the token that releases it; nil while another invocation has it.
    func lease(
        _ task: DayAttribute.Lease,
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> AttributeValue? {
        let token = AttributeValue.leaseToken(until: end)
        let now = Timestamp.now
        let write = DynamoDB.Write.update(
            Item(key),
            table: table,
            "SET #lease = :token, expires_at = :expiry",
            condition: "attribute_not_exists(#lease) OR #lease < :now",
            names: ["#lease": task.rawValue],
            values: [":token": token, ":now": .integer(now.millisecondsSince1970), ":expiry": Self.expiry(from: now)]
        )
        if try dynamoDB.write(write, before: deadline) == .written { return token }
        // The write may have been retried after its answer was lost.
        let item = try dynamoDB.getItem(Item(key), table: table, attributes: [task.rawValue], before: deadline)
        return item?[task.rawValue] == token ? token : nil
    }

    /// Releases a lease; does nothing when another invocation has it by now.
    func release(
        _ task: DayAttribute.Lease,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let write = DynamoDB.Write.update(
            Item(key),
            table: table,
            "REMOVE #lease",
            condition: "#lease = :token",
            names: ["#lease": task.rawValue],
            values: [":token": token]
        )
        _ = try dynamoDB.write(write, before: deadline)
    }

    /// Records that an alert went out and counts it, both or neither, once.
    ///
    /// - Returns: the day with the alert.
    func record(
        _ alert: String,
        of key: QueryKey,
        at time: AttributeValue,
        counted count: CountedAlert,
        before deadline: Deadline
    ) throws(AWSError) -> StoredDay {
        let done = AlertLedger.recordWrite(of: alert, on: key, at: time, in: count.key, table: table)
        var stored = count.seen
        while true {
            let next = count.day(after: stored)
            switch try dynamoDB.writeTogether([done, write(next, count, after: stored)], before: deadline) {
            case .written: return next
            // It was recorded already: an earlier attempt's answer was lost.
            case .conditionsFailed(let places) where places.contains(0): return try day(count.key, before: deadline)
            case .conditionsFailed: stored = try day(count.key, before: deadline)
            }
        }
    }

    private func write(_ next: StoredDay, _ count: CountedAlert, after stored: StoredDay) -> DynamoDB.Write {
        var values = next.attributes(of: count)
        values[DayAttribute.expiresAt] = Self.expiry(from: .now)
        var additions: Item = [:]
        if count.isCounted {
            additions[DayAttribute.queries] = .integer(1)
            additions[DayAttribute.dataScanned] = .integer(count.query.dataScanned)
            if let money = count.query.cost?.money {
                additions[DayAttribute.amount(in: money.currency)] = .number("\(money.amount)")
            }
        }
        var update = UpdateExpression(setting: values, adding: additions)
        if count.isOpening { update.remove(DayAttribute.Lease.opening.rawValue) }
        let queries = update.name(DayAttribute.queries.description)
        let seen = stored.day.queries
        let condition =
            seen == 0 ? "attribute_not_exists(\(queries))" : "\(queries) = \(update.value(.integer(seen)))"
        return update.write(of: Item(count.key), table: table, condition: condition)
    }

    /// Notes that the first message of a thread shows the day's sums, and ends the lease of the update.
    ///
    /// - Returns: whether no alert was counted meanwhile; otherwise the lease stays, and the sums must be shown again.
    func finishUpdate(
        of key: QueryKey,
        showing queries: Int64,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) -> Bool {
        let write = DynamoDB.Write.update(
            Item(key),
            table: table,
            "SET shown_queries = :queries REMOVE #lease",
            condition: "queries = :queries AND #lease = :token",
            names: ["#lease": DayAttribute.Lease.update.rawValue],
            values: [":queries": .integer(queries), ":token": token]
        )
        if try dynamoDB.write(write, before: deadline) == .written { return true }
        // The write may have been retried after its answer was lost, or the lease may have ended.
        let item = try dynamoDB.getItem(
            Item(key),
            table: table,
            attributes: [DayAttribute.Lease.update.rawValue],
            before: deadline
        )
        return item?[DayAttribute.Lease.update.rawValue] != token
    }

    /// Forgets a thread that is gone, so that the next alert begins another.
    func forget(_ thread: AlertThread, of key: QueryKey, before deadline: Deadline) throws(AWSError) {
        let write = DynamoDB.Write.update(
            Item(key),
            table: table,
            "REMOVE thread_channel, thread_ts, opening",
            condition: "thread_ts = :timestamp",
            values: [":timestamp": .string(thread.timestamp)]
        )
        _ = try dynamoDB.write(write, before: deadline)
    }

    private static func expiry(from now: Timestamp) -> AttributeValue {
        .integer((now + retention).secondsSince1970)
    }
}
