import Alerting
import CloudTrail
import Time

/// The alerts and notices that the settings would have sent in the previewed days. Memory grows with the people, the days,
/// the sizes of the queries, eight bytes each, and what budgets count, and not with the queries' SQL.
struct PreviewReport {
    private static let dearestCount = 10
    private static let nameCount = 10

    private let settings: AlerterSettings
    private let recipients: Recipients
    private var sizes: [Int64] = []
    private var dollars = 0.0
    private var foreignCosts = 0
    private var untold: [PreviewRows.Untold: Int] = [:]
    private var ignored = 0
    private var alerts: [PreviewAlert.Receiver: Int] = [:]
    private var alertsByDay: [String: (people: Int, channels: Int)] = [:]
    private var rules: [Int: Int] = [:]
    private var dearest: [(cost: Double, query: FinishedQuery)] = []
    private var people: Set<String> = []
    private var programs: Set<String> = []
    private var nameless: Set<String> = []
    /// The two largest sizes of each person in each week.
    private var largest: [PersonWeek: (first: Int64, second: Int64)] = [:]
    private(set) var budgets: PreviewBudgets

    private struct PersonWeek: Hashable {
        let person: String
        let week: Int64
    }

    init(settings: AlerterSettings) {
        self.settings = settings
        recipients = Recipients(settings)
        budgets = PreviewBudgets(settings: settings)
    }

    /// Counts a query that Athena told nothing of.
    mutating func add(_ reason: PreviewRows.Untold) { untold[reason, default: 0] += 1 }

    /// Counts a query, and returns its alerts.
    @discardableResult
    mutating func add(_ query: FinishedQuery) -> [PreviewAlert] {
        sizes.append(query.dataScanned)
        if let cost = query.cost?.dollars { dollars += cost } else { foreignCosts += 1 }
        for index in settings.rules.indices(applyingTo: query) { rules[index, default: 0] += 1 }
        addPerson(of: query)
        addToDearest(query)
        budgets.add(query)
        guard let alerts = PreviewAlert.alerts(of: query, settings: settings) else {
            ignored += 1
            return []
        }
        let day = query.endTime.map { settings.timeZone.date(of: $0) } ?? query.key.startDate
        for alert in alerts {
            self.alerts[alert.receiver, default: 0] += 1
            switch alert.receiver {
            case .person: alertsByDay[day, default: (0, 0)].people += 1
            case .channel: alertsByDay[day, default: (0, 0)].channels += 1
            case .nobody: break
            }
        }
        return alerts
    }

    private mutating func addPerson(of query: FinishedQuery) {
        guard query.isOfPerson else {
            programs.insert(query.user)
            return
        }
        people.insert(query.user)
        if recipients.person(of: query) == .failure(.unknownPerson) { nameless.insert(query.user) }
        let days = (query.key.startTime?.secondsSince1970 ?? 0) / 86_400
        // 1970 began on a Thursday.
        let week = PersonWeek(person: query.user, week: (days + 3) / 7)
        var sizes = largest[week] ?? (0, 0)
        if query.dataScanned > sizes.first {
            sizes = (query.dataScanned, sizes.first)
        } else {
            sizes.second = max(sizes.second, query.dataScanned)
        }
        largest[week] = sizes
    }

    private mutating func addToDearest(_ query: FinishedQuery) {
        guard let cost = query.cost?.money?.amount else { return }
        guard dearest.count < Self.dearestCount || cost > dearest[dearest.count - 1].cost else { return }
        var short = query
        short.sql = nil
        let place = dearest.firstIndex { $0.cost < cost } ?? dearest.count
        dearest.insert((cost, short), at: place)
        if dearest.count > Self.dearestCount { dearest.removeLast() }
    }

    /// The report, line by line.
    var lines: [String] {
        total + alertLines + Self.budgetLines(budgets, settings: settings) + ruleLines + dearestLines + thresholdLines
            + peopleLines
    }

    private var total: [String] {
        let size = ByteSize(bytes: sizes.reduce(0) { $0.addingReportingOverflow($1).partialValue })
        var lines = [
            "\(count(sizes.count, "query", "queries")) of \(count(people.count, "person", "people")) and "
                + "\(count(programs.count, "program", "programs")) scanned \(size) "
                + "for \(Money(dollars, .dollars))."
        ]
        if foreignCosts > 0 { lines.append("\(foreignCosts) of them are billed in another currency.") }
        let reasons: [(PreviewRows.Untold, String)] = [
            (.running, "still run"), (.forgotten, "are forgotten by Athena, which remembers 45 days"),
            (.unclear, "are not told of"),
        ]
        return lines + reasons.compactMap { reason, words in untold[reason].map { "\($0) more \(words)." } }
    }

    private func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    private var alertLines: [String] {
        var toPeople: [(name: String, count: Int)] = []
        var toChannels: [(name: String, count: Int)] = []
        var toNobody: [(name: String, count: Int)] = []
        for (receiver, count) in alerts {
            switch receiver {
            case .person(let name): toPeople.append((name, count))
            case .channel(let name): toChannels.append((name, count))
            case .nobody: toNobody.append((receiver.name, count))
            }
        }
        let most = alertsByDay.max { ($0.value.people, $1.key) < ($1.value.people, $0.key) }
        let mostInChannels = alertsByDay.max { ($0.value.channels, $1.key) < ($1.value.channels, $0.key) }
        var lines = ["", "Alerts"]
        lines.append(
            "  to \(count(toPeople.count, "person", "people")): \(sum(toPeople))"
                + (most.map { day(", most on", $0.key, $0.value.people) } ?? "")
        )
        lines += names(toPeople)
        lines.append(
            "  to \(count(toChannels.count, "channel", "channels")): \(sum(toChannels))"
                + (mostInChannels.map { day(", most on", $0.key, $0.value.channels) } ?? "")
        )
        lines += names(toChannels)
        if !toNobody.isEmpty { lines.append("  without a receiver: \(sum(toNobody))") }
        lines += names(toNobody)
        if ignored > 0 { lines.append("  ignored by a rule: \(ignored) queries") }
        return lines
    }

    private func day(_ words: String, _ day: String, _ count: Int) -> String {
        count > 0 ? "\(words) \(day): \(count)" : ""
    }

    private func sum(_ counts: [(name: String, count: Int)]) -> Int { counts.map(\.count).reduce(0, +) }

    private func names(_ counts: [(name: String, count: Int)]) -> [String] {
        let sorted = counts.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        let shown = sorted.prefix(Self.nameCount).map { "    \($0.count)  \($0.name)" }
        return shown + (sorted.count > shown.count ? ["    … and \(sorted.count - shown.count) more"] : [])
    }

    private var ruleLines: [String] {
        guard settings.rules.count > 0 else { return [] }
        return ["", "Rules"] + (0..<settings.rules.count).map { "  rules[\($0)] applies to \(rules[$0] ?? 0) queries" }
    }

    private var dearestLines: [String] {
        guard !dearest.isEmpty else { return [] }
        return ["", "The dearest queries"]
            + dearest.map { _, query in
                let text = AlertText(query)
                return
                    "  \(text.cost)  \(text.size)  \(query.key.startTimestamp)  \(query.user)  \(query.key.executionID)"
            }
    }

    private var thresholdLines: [String] {
        guard !sizes.isEmpty else { return [] }
        let sorted = sizes.sorted()
        let percentile = ByteSize(bytes: sorted[min(sorted.count - 1, sorted.count * 95 / 100)])
        var lines = ["", "Thresholds", "  95 of 100 queries scanned at most \(percentile)."]
        if let size = weeklySize {
            lines.append("  thresholds.user \"\(size)\" would have given each person at most one alert a week.")
        }
        return lines
    }

    /// The least size, as it is written, that gives each person at most one alert a week: above the second largest query
    /// of every week.
    var weeklySize: ByteSize? {
        guard let second = largest.values.map(\.second).max(), second > 0, second < Int64.max / 2 else { return nil }
        var size = ByteSize(bytes: second + 1)
        // The text has one decimal, and may be of a smaller size.
        while let written = ByteSize("\(size)") {
            guard written.bytes <= second else { return written }
            size = ByteSize(bytes: size.bytes + size.bytes / 50 + 1)
        }
        return nil
    }

    private var peopleLines: [String] {
        guard !nameless.isEmpty else { return [] }
        let shown = nameless.sorted().prefix(Self.nameCount).joined(separator: ", ")
        let more = nameless.count > Self.nameCount ? ", …" : ""
        return ["", "\(nameless.count) people have no address yet (athena-alerter who): \(shown)\(more)"]
    }
}
