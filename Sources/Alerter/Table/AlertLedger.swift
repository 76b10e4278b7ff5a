import AWS
import Alerting
import Time

/// The ledger of alerts: which alert went out, and which is being sent.
///
/// A claim is a lease: it ends by itself, should the process that holds it die.
struct AlertLedger {
    private let dynamoDB: DynamoDB
    private let table: String
    private let retentionDays: Int64

    init(_ dynamoDB: DynamoDB, table: String, retentionDays: Int64) {
        self.dynamoDB = dynamoDB
        self.table = table
        self.retentionDays = retentionDays
    }

    /// The answer to a claim.
    enum Claim: Equatable {
        /// The caller may send the alert until the claim ends; the token releases it.
        case granted(token: AttributeValue)
        /// The alert went out at a time, written as in the table, and counts in a day's sums, if that is not nil.
        case alreadyAlerted(at: AttributeValue, in: QueryKey? = nil)
        /// Another invocation is sending the alert.
        case held
    }

    /// Claims the alerts of a query, so that of two invocations with the same message one sends each. One write claims all
    /// of them; where one has been sent or is claimed, the others are claimed without it.
    ///
    /// - Parameters:
    ///   - alerts: the names under which the alerts are recorded, such as `channel`.
    ///   - key: the query's item of alerts.
    ///   - end: the time at which the claims end by themselves.
    /// - Returns: the answers in the order of the alerts.
    func claim(
        _ alerts: [String],
        of key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> [Claim] {
        let token = AttributeValue.leaseToken(until: end)
        var claims: [String: Claim] = [:]
        var free = alerts
        while !free.isEmpty {
            let now = Timestamp.now
            if try dynamoDB.write(claimWrite(of: free, on: key, token, at: now), before: deadline) == .written {
                for alert in free { claims[alert] = .granted(token: token) }
                break
            }
            let names = free.flatMap { [Self.doneName($0), Self.claimName($0), Self.dayName($0)] }
            let item = try dynamoDB.getItem(Item(key), table: table, attributes: names, before: deadline) ?? [:]
            for alert in free { claims[alert] = Self.answer(to: alert, in: item, claimedWith: token, at: now) }
            let rest = free.filter { claims[$0] == nil }
            // Another invocation had what is free now: it decides when its message returns.
            guard rest.count < free.count else { break }
            free = rest
        }
        return alerts.map { claims[$0] ?? .held }
    }

    private func claimWrite(
        of alerts: [String],
        on key: QueryKey,
        _ token: AttributeValue,
        at now: Timestamp
    ) -> DynamoDB.Write {
        var names: [String: String] = [:]
        for (place, alert) in alerts.enumerated() {
            names["#claim\(place)"] = Self.claimName(alert)
            names["#done\(place)"] = Self.doneName(alert)
        }
        let assignments = alerts.indices.map { "#claim\($0) = :token" }
        let conditions = alerts.indices.map { place in
            "attribute_not_exists(#done\(place)) AND (attribute_not_exists(#claim\(place)) OR #claim\(place) < :now)"
        }
        return .update(
            Item(key),
            table: table,
            "SET \(assignments.joined(separator: ", ")), expires_at = if_not_exists(expires_at, :expiry)",
            condition: conditions.joined(separator: " AND "),
            names: names,
            values: [":token": token, ":now": .integer(now.millisecondsSince1970), ":expiry": expiry(from: now)]
        )
    }

    /// The answer that an item of alerts gives to a claim that it refused; nil where another claim was the reason.
    private static func answer(
        to alert: String,
        in item: Item,
        claimedWith token: AttributeValue,
        at now: Timestamp
    ) -> Claim? {
        if let time = item[doneName(alert)] {
            return .alreadyAlerted(at: time, in: item[dayName(alert)]?.string.map(DayLedger.key))
        }
        guard let claim = item[claimName(alert)] else { return nil }
        // The write may have been retried after its answer was lost: then the claim that refused it is its own.
        if claim == token { return .granted(token: token) }
        return claim.hasEnded(at: now) ? nil : .held
    }

    /// The sort keys of the items in a partition that record an alert.
    func recorded(
        _ alert: String,
        in partition: String,
        before deadline: Deadline
    ) throws(AWSError) -> Set<String> {
        let query = DynamoDB.Query(
            table: table,
            keyCondition: "start_date = :partition",
            filter: "attribute_exists(#done)",
            projection: "start_key",
            names: ["#done": Self.doneName(alert)],
            values: [":partition": .string(partition)]
        )
        var keys: Set<String> = []
        var start: Item?
        repeat {
            let page = try dynamoDB.query(query, from: start, before: deadline)
            keys.formUnion(page.items.compactMap { $0[RowAttribute.startKey]?.string })
            start = page.next
        } while start != nil
        return keys
    }

    /// Records the time at which an alert went out, and ends its claim.
    func record(
        _ alert: String,
        of key: QueryKey,
        at time: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let names = ["#claim": Self.claimName(alert), "#done": Self.doneName(alert)]
        try update("SET #done = :value REMOVE #claim", time, on: key, names: names, before: deadline)
    }

    /// The write that records an alert together with its count in a day's sums, once.
    static func recordWrite(
        of alert: String,
        on key: QueryKey,
        at time: AttributeValue,
        in day: QueryKey,
        table: String
    ) -> DynamoDB.Write {
        DynamoDB.Write.update(
            Item(key),
            table: table,
            "SET #done = :time, #day = :day REMOVE #claim",
            condition: "attribute_not_exists(#done)",
            names: ["#claim": claimName(alert), "#done": doneName(alert), "#day": dayName(alert)],
            values: [":time": time, ":day": .string(day.startKey)]
        )
    }

    /// Shows on the query's row when its alerts went out. A query whose message came from another producer may have no
    /// row.
    ///
    /// - Parameter times: the times by the alerts' names.
    func show(_ times: [String: AttributeValue], on key: QueryKey, before deadline: Deadline) throws(AWSError) {
        let attributes = times.map { (Self.doneName($0), $1) }
        let update = UpdateExpression(setting: Dictionary(uniqueKeysWithValues: attributes))
        let write = update.write(of: Item(key), table: table, condition: "attribute_exists(start_key)")
        _ = try dynamoDB.write(write, before: deadline)
    }

    /// Releases a claim, because the alert did not go out; does nothing when another invocation holds the claim by now.
    func release(
        _ alert: String,
        of key: QueryKey,
        token: AttributeValue,
        before deadline: Deadline
    ) throws(AWSError) {
        let names = ["#claim": Self.claimName(alert)]
        try update("REMOVE #claim", token, on: key, condition: "#claim = :value", names: names, before: deadline)
    }

    private func update(
        _ expression: String,
        _ value: AttributeValue,
        on key: QueryKey,
        condition: String? = nil,
        names: [String: String],
        before deadline: Deadline
    ) throws(AWSError) {
        let write = DynamoDB.Write.update(
            Item(key),
            table: table,
            expression,
            condition: condition,
            names: names,
            values: [":value": value]
        )
        _ = try dynamoDB.write(write, before: deadline)
    }

    /// The time at which an item of alerts expires. It outlives Athena's memory of the query: a log file that is delivered
    /// again after the row has expired makes the query end once more.
    func expiry(from now: Timestamp) -> AttributeValue {
        .integer((now + max(.days(retentionDays), OpenQuery.memory * 2)).secondsSince1970)
    }

    /// A time as the table has it.
    static func time(_ time: Timestamp) -> AttributeValue { .string(time.iso8601) }

    private static func doneName(_ alert: String) -> String { "\(alert)_alerted_at" }

    private static func dayName(_ alert: String) -> String { "\(alert)_alerted_in" }

    private static func claimName(_ alert: String) -> String { "\(alert)_alert_claimed_until" }
}

extension AttributeValue {
    /// The end of a lease in milliseconds, with a fraction that no other lease has. DynamoDB drops zeros at the end of a
    /// number, and what it returns is compared with this token, so its last digit is 1.
    static func leaseToken(until end: Timestamp) -> AttributeValue {
        .number("\(end.millisecondsSince1970).\(Int.random(in: 100_000_000..<1_000_000_000))1")
    }

    /// Whether a lease with this token has ended, as `<` in a condition of DynamoDB decides it.
    func hasEnded(at now: Timestamp) -> Bool {
        guard case .number(let digits) = self, let end = Double(digits) else { return false }
        return end < Double(now.millisecondsSince1970)
    }
}
