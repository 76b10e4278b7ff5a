package import Time

/// A limit on what some queries may use in a day, week or month. Nothing stops a query; people hear how much is used.
package struct Budget: Sendable, Equatable {
    package let name: String
    package let limit: Limit
    package let every: TimeZone.CalendarUnit
    /// The part of a query by whose value sums are kept apart; nil for one sum.
    package var per: Rule.Member?
    /// The forms of the members that a query must have.
    var match = Rule(match: [:], effect: .init())
    /// The percentages of the limit at which people hear, in rising order.
    package var steps: [Int64] = [50, 80, 100]
    /// The channel that hears; nil for the one of the settings.
    package var channel: String?
    /// The receivers of its notices.
    package var targets: Set<AlertTarget>
    /// The time zone of its periods; nil for the one of the settings.
    package var timeZone: TimeZone?
    /// Whom a notice of a used-up budget names.
    package var owner: String?
    /// The page that a notice of a used-up budget names.
    package var runbook: String?

    package init(name: String, limit: Limit, every: TimeZone.CalendarUnit, per: Rule.Member? = nil) {
        self.name = name
        self.limit = limit
        self.every = every
        self.per = per
        targets = per == .user ? [.user, .channel] : [.channel]
    }

    /// The amount that a period may use.
    package enum Limit: Sendable, Equatable {
        case size(ByteSize)
        case money(Money)
    }

    /// The subject of the sum that a query counts into; nil when the budget is not about the query.
    ///
    /// A query without the member by which sums are kept apart is not counted.
    package func subject(of query: FinishedQuery) -> String? {
        guard match.applies(to: query) else { return nil }
        guard let per else { return Self.everything }
        guard let value = query[per], !value.isEmpty else { return nil }
        return value.prefix(bytes: Self.longestSubject)
    }

    /// The subject of a budget with one sum.
    package static let everything = "all"

    /// A sort key of DynamoDB has at most 1024 bytes.
    private static let longestSubject = 900

    /// Names of sums in the order of the settings' documentation.
    static let members: [Rule.Member] = [.user, .role, .tool, .workgroup, .database, .account, .region]
}

extension Budget.Limit {
    /// The use in the limit's own measure.
    func units(of spending: Spending) -> Int128 {
        switch self {
        case .size: Int128(spending.bytes)
        case .money(let money): (money.currency == .dollars ? spending.dollars : spending.yuan).units
        }
    }

    /// The limit in its own measure.
    var units: Int128 {
        switch self {
        case .size(let size): Int128(size.bytes)
        case .money(let money): ExactAmount(money.amount).units
        }
    }

    /// A share of the limit's measure in words, such as `$21.40` or `1.2 TiB`.
    func words(for units: Double) -> String {
        switch self {
        case .size: ByteSize(bytes: Int64(exactly: units.rounded()) ?? .max).description
        case .money(let money): Money(units / ExactAmount.unitsOfOne, money.currency).description
        }
    }
}

extension Budget.Limit: CustomStringConvertible {
    /// The size or the amount, such as `10.0 TiB` or `$50.00`.
    package var description: String { words(for: Double(units)) }
}

extension String {
    /// The longest start of this text, in whole characters, that has at most so many bytes of UTF-8.
    fileprivate func prefix(bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = startIndex
        var length = 0
        while end < endIndex {
            length += self[end].utf8.count
            guard length <= limit else { break }
            end = index(after: end)
        }
        // One character may be longer than that.
        return end == startIndex ? String(unicodeScalars.prefix(limit / 4)) : String(self[..<end])
    }
}

extension FinishedQuery {
    /// The time at which the query ended, as far as its message tells; nil without any time.
    package var endTime: Timestamp? {
        if let end = completionTimestamp.flatMap({ Timestamp(dateAndTime: $0) }) { return end }
        let start = submissionTimestamp.flatMap { Timestamp(dateAndTime: $0) } ?? key.startTime
        return start.map { $0 + .milliseconds(max(0, durationMilliseconds ?? 0)) }
    }
}

extension RuleOutcome {
    /// The settings that hold for a budget's notices. What rules say of single queries does not hold for their sum.
    package init(_ settings: AlerterSettings, of budget: Budget) {
        self.init(settings)
        apply(Rule.Effect(channel: budget.channel))
    }
}
