import Alerting

/// The sums of the queries of each shape. The money and the number are exact for every shape; the SQL and the people are
/// kept for the dearest only, so that a million shapes fit into little memory.
package struct ShapeSums: Sendable, Equatable {
    /// The details are cut back to half of this number whenever they pass it.
    private static let mostDetails = 8192
    fileprivate static let mostPeople = 3

    private struct Sum: Equatable {
        var queries: Int32 = 0
        var bytes: Int64 = 0
        var amount: Int64 = 0
    }

    fileprivate struct Detail: Equatable {
        var text: String?
        var people: [String] = []
        var hasMorePeople = false
    }

    /// One shape, for the page and for a day's sums.
    package struct Entry: Sendable, Equatable {
        package var id: UInt64
        package var queries: Int
        package var bytes: Int64
        /// Money in billionths, in whichever currency the queries were billed.
        package var amount: Int64
        /// The masked SQL, nil where the history does not keep it.
        package var text: String?
        /// Some of those who ran it.
        package var people: [String]
        package var hasMorePeople: Bool
    }

    private var sums: [UInt64: Sum] = [:]
    private var details: [UInt64: Detail] = [:]

    package init() {}

    package var count: Int { sums.count }

    mutating func add(_ line: HistoryLine, amount: Int64) {
        guard let id = line.shape else { return }
        let text = details[id]?.text ?? line.query.sql.flatMap { Shape(sql: $0)?.text }
        add(
            Entry(
                id: id,
                queries: 1,
                bytes: max(0, line.query.dataScanned),
                amount: amount,
                text: text,
                people: [line.query.user],
                hasMorePeople: false
            )
        )
    }

    mutating func add(_ entry: Entry) {
        sums[entry.id, default: Sum()].queries &+= Int32(truncatingIfNeeded: entry.queries)
        sums[entry.id, default: Sum()].bytes &+= entry.bytes
        sums[entry.id, default: Sum()].amount &+= entry.amount
        details[entry.id, default: Detail()].take(entry)
        if details.count > Self.mostDetails { forgetDetails() }
    }

    package mutating func add(_ others: ShapeSums) {
        for entry in others.dearest(.max) { add(entry) }
    }

    /// Drops the details of the cheaper half. A shape that becomes one of the dearest later brings its details again
    /// with each run.
    private mutating func forgetDetails() {
        let kept = details.keys.sorted(by: isDearer).prefix(Self.mostDetails / 2)
        details = Dictionary(uniqueKeysWithValues: kept.map { ($0, details[$0] ?? Detail()) })
    }

    /// The shapes that cost most, the dearest first.
    package func dearest(_ limit: Int) -> [Entry] {
        sums.keys.sorted(by: isDearer).prefix(limit).map { id in
            let sum = sums[id] ?? Sum()
            let detail = details[id] ?? Detail()
            return Entry(
                id: id,
                queries: Int(sum.queries),
                bytes: sum.bytes,
                amount: sum.amount,
                text: detail.text,
                people: detail.people,
                hasMorePeople: detail.hasMorePeople
            )
        }
    }

    private func isDearer(_ left: UInt64, _ right: UInt64) -> Bool {
        let (first, second) = (sums[left] ?? Sum(), sums[right] ?? Sum())
        if first.amount != second.amount { return first.amount > second.amount }
        return first.bytes == second.bytes ? left < right : first.bytes > second.bytes
    }
}

extension ShapeSums.Detail {
    fileprivate mutating func take(_ entry: ShapeSums.Entry) {
        text = text ?? entry.text
        hasMorePeople = hasMorePeople || entry.hasMorePeople
        for person in entry.people where !people.contains(person) { people.append(person) }
        guard people.count > 1 else { return }
        // The first by name, so that the order of the queries changes nothing.
        people.sort()
        hasMorePeople = hasMorePeople || people.count > ShapeSums.mostPeople
        people.removeLast(max(0, people.count - ShapeSums.mostPeople))
    }
}
