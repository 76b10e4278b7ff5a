import AWS
import Alerting
import JSON
import Time

/// A day's sums, the thread that gathers its alerts, and what the thread's first message shows.
struct StoredDay: Equatable {
    var day = AlertDay()
    /// The thread; nil before the first alert, and where the medium has none.
    var thread: AlertThread?
    /// The content of the message that began the thread, in the item of an earlier version; nil where it has an item of
    /// its own.
    var opening: String?
    /// The number of queries whose sums the first message shows.
    var shownQueries: Int64 = 0
    /// The lease of the update of the first message, which may have ended; nil where no invocation has it.
    var updateLease: AttributeValue?

    /// Whether the first message does not show the sums.
    var isOutdated: Bool { thread != nil && shownQueries < day.queries }
}

/// An alert that went out, and counts in the sums of a day.
struct CountedAlert {
    let key: QueryKey
    let query: FinishedQuery
    /// The threshold that the query reached.
    let threshold: Threshold?
    /// The day as it was before the alert went out.
    let seen: StoredDay
    /// Whether the query adds to the sums; one that still runs does so when it has ended.
    var isCounted = true
    /// Whether the sums were told outside of a thread.
    var isAnnounced = false
    /// Whether it was to begin the thread.
    var isOpening = false
    /// The token with which its record leases the update of the first message, if that is outdated and no invocation has
    /// the lease; nil for no lease.
    var updateToken: AttributeValue?
    /// The thread that it began, and its content.
    var began: (thread: AlertThread, content: String)?

    /// A day with this alert.
    func day(after stored: StoredDay) -> StoredDay {
        var next = stored
        if isCounted { next.day = stored.day.adding(query, over: threshold) }
        if isAnnounced { next.day = next.day.afterAnnouncement }
        if let began {
            next.thread = began.thread
            next.opening = nil
            // The first alert of a day says all there is to say.
            next.shownQueries = isCounted && next.day.queries == 1 ? 1 : 0
        }
        let isFree = stored.updateLease?.hasEnded(at: .now) ?? true
        if let updateToken, isFree, next.isOutdated { next.updateLease = updateToken }
        return next
    }
}

/// The attribute names of a day's item. `docs/contracts.md` describes each.
enum DayAttribute {
    static let queries: StaticString = "queries"
    static let dataScanned: StaticString = "data_scanned"
    static let threshold: StaticString = "threshold"
    static let priceCertainty: StaticString = "price_certainty"
    static let largest: StaticString = "largest"
    static let announced: StaticString = "announced"
    static let recent: StaticString = "recent_statements"
    static let threadChannel: StaticString = "thread_channel"
    static let threadTimestamp: StaticString = "thread_ts"
    static let opening: StaticString = "opening"
    static let shownQueries: StaticString = "shown_queries"
    static let expiresAt: StaticString = "expires_at"

    /// The rights that one invocation has at a time, by the attribute that tells until when.
    enum Lease: String {
        /// To begin the thread.
        case opening = "opening_alert_claimed_until"
        /// To bring the thread's first message up to date.
        case update = "update_alert_claimed_until"
    }

    static func amount(in currency: Money.Currency) -> StaticString {
        switch currency {
        case .dollars: "cost_usd"
        case .yuan: "cost_cny"
        }
    }

    /// The attributes that a reader needs.
    static let read: [String] =
        [
            queries, dataScanned, threshold, priceCertainty, largest, announced, recent, threadChannel, threadTimestamp,
            opening, shownQueries,
        ].map(\.description) + [Lease.update.rawValue] + Money.Currency.allCases.map { amount(in: $0).description }
}

extension StoredDay {
    /// Reads an item; what is missing or malformed counts as absent.
    init(_ item: Item) {
        day.queries = item[DayAttribute.queries]?.integer ?? 0
        // A sum may be too great for this type, since messages of other producers may tell any number.
        day.dataScanned = item[DayAttribute.dataScanned].map { $0.integer ?? .max } ?? 0
        for currency in Money.Currency.allCases {
            day.amounts[currency] = item[DayAttribute.amount(in: currency)]?.double
        }
        day.isEstimate = item[DayAttribute.priceCertainty]?.string == PublishedPrice.Certainty.fallback.rawValue
        day.threshold = item[DayAttribute.threshold]?.string.flatMap { $0.isEmpty ? nil : $0 }
        day.largest = (item.json(DayAttribute.largest)?.array ?? []).compactMap(AlertDay.Member.init)
        day.announced = item.json(DayAttribute.announced).map(AlertDay.Sums.init)
        day.recent = RecentStatements(item[DayAttribute.recent]?.string ?? "")
        if let channel = item[DayAttribute.threadChannel]?.string,
            let timestamp = item[DayAttribute.threadTimestamp]?.string
        {
            thread = AlertThread(channel: channel, timestamp: timestamp)
        }
        opening = item[DayAttribute.opening]?.string
        shownQueries = item[DayAttribute.shownQueries]?.integer ?? 0
        updateLease = item[DayAttribute.Lease.update.rawValue]
    }

    /// The attributes that an alert writes whole: those of its own doing, since another invocation may have changed the
    /// others meanwhile. The sums are not among them: DynamoDB adds to them, in exact decimals.
    func attributes(of count: CountedAlert) -> Item {
        var item: Item = [:]
        item[DayAttribute.threshold] = .string(day.threshold ?? "")
        if day.isEstimate { item[DayAttribute.priceCertainty] = .string(PublishedPrice.Certainty.fallback.rawValue) }
        item[DayAttribute.largest] = .string(JSONValue.array(day.largest.map(\.json)).serialized())
        if !day.recent.statements.isEmpty { item[DayAttribute.recent] = .string(day.recent.text) }
        if count.isAnnounced { item[DayAttribute.announced] = day.announced.map { .string($0.json.serialized()) } }
        guard count.began != nil else { return item }
        item[DayAttribute.threadChannel] = thread.map { .string($0.channel) }
        item[DayAttribute.threadTimestamp] = thread.map { .string($0.timestamp) }
        item[DayAttribute.shownQueries] = .integer(shownQueries)
        return item
    }
}

extension Item {
    fileprivate func json(_ attribute: StaticString) -> JSONValue? {
        self[attribute]?.string.flatMap { try? JSONValue(parsing: $0.utf8) }
    }
}

extension AttributeValue {
    fileprivate var double: Double? {
        if case .number(let digits) = self { Double(digits) } else { nil }
    }
}

extension AlertDay.Member {
    fileprivate init?(_ json: JSONValue) {
        guard let id = json["query_execution_id"]?.string, let bytes: Int64 = try? json.required("data_scanned") else {
            return nil
        }
        let currency = json["currency"]?.string.flatMap { Money.Currency(rawValue: $0) }
        let amount: Double? = try? json.optional("cost")
        self.init(
            executionID: id,
            dataScanned: bytes,
            money: amount.flatMap { amount in currency.map { Money(amount, $0) } },
            region: json["region"]?.string ?? json["url"]?.string.flatMap(Self.region)
        )
    }

    /// The region in the URL that an earlier version stored.
    private static func region(of consoleURL: String) -> String? {
        consoleURL.split(separator: "=").last.map { String($0.prefix { $0 != "#" }) }
    }

    fileprivate var json: JSONValue {
        .object(of: [
            "query_execution_id": .string(executionID),
            "data_scanned": .integer(dataScanned),
            "cost": money.map { .number($0.amount) },
            "currency": money.map { .string($0.currency.rawValue) },
            "region": region.map { .string($0) },
        ])
    }
}

extension AlertDay.Sums {
    fileprivate init(_ json: JSONValue) {
        var amounts: [Money.Currency: Double] = [:]
        for currency in Money.Currency.allCases {
            let amount: Double? = try? json.optional(currency.rawValue)
            amounts[currency] = amount
        }
        let bytes: Int64? = try? json.optional("data_scanned")
        self.init(dataScanned: bytes ?? 0, amounts: amounts)
    }

    fileprivate var json: JSONValue {
        let members = amounts.sorted { $0.key.rawValue < $1.key.rawValue }
        return .object(
            [JSONValue.Member("data_scanned", .integer(dataScanned))]
                + members.map { JSONValue.Member($0.key.rawValue, .number($0.value)) }
        )
    }
}
