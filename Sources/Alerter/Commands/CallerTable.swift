import Alerting
import CloudTrail
import Commands

/// The callers of query starts, as a table for people: who they are, how they were found, how often they came.
struct CallerTable {
    /// The starts that are one row: the same name, found in the same way.
    private struct Caller: Hashable {
        let person: Person
        let tool: String?
        let role: String?
    }

    private struct Count {
        var starts = 0
        var firstSession: String?
        var hasOtherSessions = false
    }

    private static let titles = ["user", "found by", "tool", "role", "session", "queries"]
    private static let space = "  "

    private let people: People
    private let recipients: Recipients
    private var counts: [Caller: Count] = [:]

    init(settings: AlerterSettings) {
        people = settings.people
        recipients = Recipients(settings)
    }

    /// Prints the table of the starts in some files and folders.
    ///
    /// - Returns: the exit status.
    static func run(_ paths: [String], settings: AlerterSettings) -> Int32 {
        var table = CallerTable(settings: settings)
        let status = LogFileScan.run(paths) { start, _ in table.add(start) }
        let printed = CommandOutput.write(table.lines.joined(separator: "\n") + "\n")
        return max(status, printed)
    }

    /// Counts a start.
    mutating func add(_ start: QueryStart) {
        let attribution = Attribution(start).settled(sql: nil, people: people)
        let caller = Caller(person: attribution.person, tool: attribution.tool, role: attribution.roleName)
        var count = counts[caller] ?? Count()
        count.starts += 1
        if let session = attribution.sessionName {
            count.hasOtherSessions = count.hasOtherSessions || (count.firstSession ?? session) != session
            count.firstSession = count.firstSession ?? session
        }
        counts[caller] = count
    }

    /// The rows under their titles: people, then programs, then those who need an alias, each with the most starts first.
    var lines: [String] {
        let sorted = counts.sorted { left, right in
            let leftRank = rank(left.key.person)
            let rightRank = rank(right.key.person)
            if leftRank != rightRank { return leftRank < rightRank }
            if left.value.starts != right.value.starts { return left.value.starts > right.value.starts }
            return cells(left.key, left.value).lexicographicallyPrecedes(cells(right.key, right.value))
        }
        let rows = [Self.titles] + sorted.map { cells($0.key, $0.value) }
        let widths = Self.titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == row.count - 1 ? padding + cell.0 : cell.0 + padding
            }
            return cells.joined(separator: Self.space)
        }
    }

    private func cells(_ caller: Caller, _ count: Count) -> [String] {
        let session = count.firstSession.map { count.hasOtherSessions ? "\($0), …" : $0 }
        let person = caller.person
        return [
            person.name, person.source.rawValue, caller.tool ?? "", caller.role ?? "", session ?? "", "\(count.starts)",
        ].map { $0.printable }
    }

    private func rank(_ person: Person) -> Int {
        switch person.kind {
        case .person: Attribution.isDirectoryID(person.name) || recipients.cannotFind(person) ? 2 : 0
        case .role, .service, .root: 1
        case .unknown: 2
        }
    }
}
