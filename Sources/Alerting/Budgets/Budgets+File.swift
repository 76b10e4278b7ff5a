import JSON
import Settings
import Time
import Web

extension Budgets {
    /// Reads the section `budgets`.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    init(_ section: Section, timeZones: TimeZoneSource) throws(SettingsError) {
        let elements = try section.elements()
        guard elements.count <= Self.maximumCount else {
            throw SettingsError(
                key: section.key,
                problem: "expected at most \(Self.maximumCount) budgets, found \(elements.count)"
            )
        }
        var names: Set<String> = []
        self.init(
            try elements.map { element throws(SettingsError) in
                let budget = try Budget(element, timeZones: timeZones)
                guard names.insert(budget.name).inserted else {
                    throw SettingsError(
                        key: "\(element.key).name",
                        problem: "'\(budget.name)' is an earlier budget's name"
                    )
                }
                return budget
            }
        )
    }
}

/// The members of a budget that has not been read to its end.
private struct BudgetMembers {
    var name: String?
    var limit: Budget.Limit?
    var every: TimeZone.CalendarUnit?
    var per: Rule.Member?
    var match = Rule(match: [:], effect: .init())
    var steps: [Int64]?
    var targets: Set<AlertTarget>?
    var channel: String?
    var timeZone: TimeZone?
    var owner: String?
    var runbook: String?

    /// Reads one member; returns whether there is such a member.
    mutating func read(_ key: String, _ value: Section, _ timeZones: TimeZoneSource) throws(SettingsError) -> Bool {
        switch key {
        case "name": name = try value.budgetName()
        case "limit": limit = try value.limit()
        case "every": every = try value.choice(of: ["day": .day, "week": .week, "month": .month])
        case "per": per = try value.subject()
        case "match": match = Rule(match: try value.forms(), effect: .init())
        case "steps": steps = try value.steps()
        case "notify": targets = try value.targets()
        case "channel": channel = try value.text()
        case "time_zone": timeZone = try value.timeZone(from: timeZones)
        case "owner": owner = try value.text()
        case "runbook": runbook = try value.pageURL()
        default: return false
        }
        return true
    }
}

extension Budget {
    fileprivate init(_ section: Section, timeZones: TimeZoneSource) throws(SettingsError) {
        var members = BudgetMembers()
        try section.read { key, value throws(SettingsError) in try members.read(key, value, timeZones) }
        guard let name = members.name, let limit = members.limit, let every = members.every else {
            let missing = members.name == nil ? "name" : members.limit == nil ? "limit" : "every"
            throw SettingsError(key: section.key, problem: "expected the member \(missing), found none")
        }
        self.init(name: name, limit: limit, every: every, per: members.per)
        match = members.match
        steps = members.steps ?? steps
        channel = members.channel
        timeZone = members.timeZone
        owner = members.owner
        runbook = members.runbook
        targets = members.targets ?? targets
        guard per == .user || !targets.contains(.user) else {
            throw SettingsError(key: "\(section.key).notify", problem: "only a budget per user has a user to tell")
        }
    }
}

extension Section {
    private static let longestName = 200
    private static let steps: ClosedRange<Int64> = 1...10_000
    /// Amounts beyond this are mistakes, and a sum of them would not be exact.
    private static let largestAmount = 1e9

    fileprivate func budgetName() throws(SettingsError) -> String {
        let name = try text()
        guard name.utf8.count <= Self.longestName else { throw expected("at most \(Self.longestName) bytes") }
        return name
    }

    fileprivate func limit() throws(SettingsError) -> Budget.Limit {
        switch value {
        case .integer(let bytes) where bytes >= 0: return .size(ByteSize(bytes: bytes))
        case .string(let text):
            if let money = Money(text), money.amount <= Self.largestAmount { return .money(money) }
            if let size = ByteSize(text) { return .size(size) }
        default: break
        }
        throw expected("an amount such as \"$50\", a size such as \"10 TiB\", or a number of bytes")
    }

    fileprivate func choice<Value>(of choices: [String: Value]) throws(SettingsError) -> Value {
        guard let choice = value.string.flatMap({ choices[$0] }) else {
            throw expected(choices.keys.sorted().map { "\"\($0)\"" }.joined(separator: " or "))
        }
        return choice
    }

    fileprivate func subject() throws(SettingsError) -> Rule.Member? {
        if value.string == Budget.everything { return nil }
        let members = Budget.members.map { ($0.rawValue, $0) }
        let names = (members.map(\.0) + [Budget.everything]).map { "\"\($0)\"" }.joined(separator: ", ")
        guard let member = members.first(where: { $0.0 == value.string }) else { throw expected("one of \(names)") }
        return member.1
    }

    fileprivate func steps() throws(SettingsError) -> [Int64] {
        let steps = try elements().map { element throws(SettingsError) in try element.wholeNumber(in: Self.steps) }
        guard !steps.isEmpty, zip(steps, steps.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw expected("percentages in rising order")
        }
        return steps
    }

    fileprivate func targets() throws(SettingsError) -> Set<AlertTarget> {
        let sections = value.array == nil ? [self] : try elements()
        guard !sections.isEmpty else { throw expected("\"user\", \"channel\", or both") }
        let choices = Dictionary(uniqueKeysWithValues: AlertTarget.allCases.map { ($0.rawValue, $0) })
        return Set(try sections.map { section throws(SettingsError) in try section.choice(of: choices) })
    }

    fileprivate func pageURL() throws(SettingsError) -> String {
        let text = try text()
        guard text.hasPrefix("https://"), URL(text) != nil else { throw expected("a URL that begins with https://") }
        return text
    }
}
