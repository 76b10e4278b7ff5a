import AWS
import Alerting
import Time

/// The sums of the alerts that one conversation received about one person on one day, and the thread that gathers them.
///
/// Each day is an item. The number of its queries is its version: it grows by one with each alert, in one transaction
/// with the alert's record, so that neither a crash nor a twin counts an alert twice. Each alert writes the item several
/// times, and DynamoDB charges each write for the whole item. So the content of the thread's first message, which is long
/// and never changes, is an item of its own.
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

    /// The key of the item with the content of the first message of a day's thread.
    private static func openingKey(of day: QueryKey) -> QueryKey {
        QueryKey(startDate: "\(day.startKey.prefix(10))#openings", startKey: day.startKey)
    }

    /// Reads a day; one without an item is empty.
    func day(_ key: QueryKey, before deadline: Deadline) throws(AWSError) -> StoredDay {
        let item = try dynamoDB.getItem(Item(key), table: table, attributes: DayAttribute.read, before: deadline)
        return StoredDay(item ?? [:])
    }

    /// Reads the content of the message that began a thread; nil when it is not known.
    func opening(
        of thread: AlertThread,
        on key: QueryKey,
        before deadline: Deadline
    ) throws(AWSError) -> String? {
        let attributes = [DayAttribute.opening, DayAttribute.threadTimestamp].map(\.description)
        let key = Item(Self.openingKey(of: key))
        let item = try dynamoDB.getItem(key, table: table, attributes: attributes, before: deadline)
        guard item?[DayAttribute.threadTimestamp]?.string == thread.timestamp else { return nil }
        return item?[DayAttribute.opening]?.string
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

    /// Records that an alert went out, counts it, and stores the content of the thread that it began: all or nothing,
    /// once. It also leases the update of the first message, if the count has a token for that and the lease is free.
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
        let opening = openingWrite(count).map { [$0] } ?? []
        var stored = count.seen
        while true {
            let next = count.day(after: stored)
            let writes = [done, write(next, count, after: stored)] + opening
            switch try dynamoDB.writeTogether(writes, before: deadline) {
            case .written: return next
            // It was recorded already: an earlier attempt's answer was lost.
            case .conditionsFailed(let places) where places.contains(0): return try day(count.key, before: deadline)
            case .conditionsFailed: stored = try day(count.key, before: deadline)
            }
        }
    }

    private func write(_ next: StoredDay, _ count: CountedAlert, after stored: StoredDay) -> DynamoDB.Write {
        let isLeasing = next.updateLease != stored.updateLease
        var values = next.attributes(of: count)
        if isLeasing { values[DayAttribute.Lease.update.rawValue] = next.updateLease }
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
        // An earlier version stored the content here.
        if count.began != nil { update.remove(DayAttribute.opening.description) }
        let queries = update.name(DayAttribute.queries.description)
        let seen = stored.day.queries
        var conditions = [
            seen == 0 ? "attribute_not_exists(\(queries))" : "\(queries) = \(update.value(.integer(seen)))"
        ]
        if isLeasing {
            let lease = update.name(DayAttribute.Lease.update.rawValue)
            let now = update.value(.integer(Timestamp.now.millisecondsSince1970))
            conditions.append("(attribute_not_exists(\(lease)) OR \(lease) < \(now))")
        }
        return update.write(of: Item(count.key), table: table, condition: conditions.joined(separator: " AND "))
    }

    private func openingWrite(_ count: CountedAlert) -> DynamoDB.Write? {
        guard let began = count.began else { return nil }
        var item: Item = [:]
        item[DayAttribute.opening] = .string(began.content)
        item[DayAttribute.threadTimestamp] = .string(began.thread.timestamp)
        item[DayAttribute.expiresAt] = Self.expiry(from: .now)
        let update = UpdateExpression(setting: item)
        return update.write(of: Item(Self.openingKey(of: count.key)), table: table, condition: nil)
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
