import Querying

/// The hints for a query: each follows from facts that were seen, and where nothing is sure there is none.
package struct Hints: Sendable {
    let facts: HintFacts
    private let settings: HintSettings

    /// The number of hints in an alert.
    private static let most = 2
    /// From this many columns on, naming some instead of all makes a difference.
    private static let manyColumns = 10
    private static let longMilliseconds: Int64 = 60_000
    private static let manyRows: Int64 = 1_000_000_000
    private static let fewRows: Int64 = 1000
    /// Files below this size, if there are many, cost time for each; AWS recommends more than 128 MB.
    private static let smallFile: Int64 = 16 << 20
    private static let manyFiles: Int64 = 1000

    package init(_ facts: HintFacts, settings: HintSettings = HintSettings()) {
        self.facts = facts
        self.settings = settings
    }

    /// The hints that would save most, at most two.
    package var best: [Hint] {
        let found = Hint.Kind.allCases.lazy.filter { !isOff($0) }.compactMap { kind in
            text(of: kind).map { Hint(kind: kind, text: $0, link: settings.links[kind] ?? kind.page) }
        }
        return Array(found.prefix(Self.most))
    }

    func isOff(_ kind: Hint.Kind) -> Bool { settings.off.contains(kind) }

    /// Whether what Athena measures could change the best hints.
    package var mayGainByStatistics: Bool { mayGain([.fewRows, .partitionProjection, .queue]) }

    /// Whether what the workgroup allows could change the best hints.
    package var mayGainByWorkgroup: Bool { facts.cost != nil && mayGain([.workgroupLimit]) }

    private func mayGain(_ others: Set<Hint.Kind>) -> Bool {
        let kinds = Hint.Kind.allCases
        let last = best.count < Self.most ? nil : best.last.flatMap { kinds.firstIndex(of: $0.kind) }
        return kinds.enumerated().contains { index, kind in
            others.contains(kind) && !isOff(kind) && index < last ?? kinds.count
        }
    }

    /// The words of a hint, nil when its condition does not hold.
    func text(of kind: Hint.Kind) -> String? {
        switch kind {
        case .repeatedStatement: repeatedStatement
        case .partitionFilter: partitionFilter
        case .partitionAlternative: partitionAlternative
        case .partitionFunction: partitionFunction
        case .crossJoin: crossJoin
        case .rowFormat: rowFormat
        case .selectStar: selectStar
        case .reuseComment: reuseComment
        case .limitAfterAll: limitAfterAll
        case .fewRows: fewRows
        case .partitionProjection: partitionProjection
        case .smallFiles: smallFiles
        case .exactDistinct: exactDistinct
        case .queue: queue
        case .workgroupLimit: workgroupLimit
        }
    }

    // MARK: - Facts

    /// The shape of a statement that reads its tables to the end.
    private var wholeScan: StatementShape? {
        guard let shape = facts.shape, shape.limit != .early,
            [.query, .insert, .createTableAs, .unload].contains(shape.kind)
        else { return nil }
        return shape
    }

    /// The tables that are read to the end, with their definitions.
    private var scanned: [(read: TableRead, definition: TableDefinition)] {
        (wholeScan?.tables ?? []).compactMap { read in facts.tables[read.name].map { (read, $0) } }
    }

    private func keyPredicates(_ read: TableRead, _ definition: TableDefinition) -> [Predicate] {
        read.predicates.filter { definition.partitionKeys.contains($0.column) }
    }

    // MARK: - Hints

    private var partitionFilter: String? {
        let unfiltered = scanned.first { read, definition in
            definition.hasPlainPartitions && !read.hasUnclearPredicates && keyPredicates(read, definition).isEmpty
        }
        guard let (read, definition) = unfiltered else { return nil }
        let keys = definition.partitionKeys.map(Self.code).joined(separator: ", ")
        let columns = read.predicates.filter(\.isCertain).map(\.column)
        let others =
            columns.isEmpty ? "" : " (its condition is on \(columns.uniqued.map(Self.code).joined(separator: ", ")))"
        return
            "\(Self.code(read.name)) is partitioned by \(keys), and the query has no condition on \(definition.partitionKeys.count > 1 ? "any of them" : "it")\(others), so it reads "
            + "all partitions. A condition on \(Self.code(definition.partitionKeys[0])) reads only those that are needed."
    }

    /// A condition on a key that a row can do without, as in `day = '…' OR user_id = 3`: such rows may be in any partition.
    private var partitionAlternative: String? {
        for (read, definition) in scanned where definition.hasPlainPartitions && !read.hasUnclearPredicates {
            let predicates = keyPredicates(read, definition)
            guard let first = predicates.first,
                predicates.allSatisfy({ $0.isCertain && !read.requiredColumns.contains($0.column) }),
                read.alternatives.allSatisfy({ alternatives in
                    !alternatives.contains { !$0.columns.isDisjoint(with: definition.partitionKeys) }
                        || alternatives.contains { $0.isClear && $0.columns.isDisjoint(with: definition.partitionKeys) }
                })
            else { continue }
            let key = Self.code(first.column)
            return
                "\(Self.code(read.name)) is partitioned by \(key), and `OR` gives rows another way past the condition on it, so Athena reads "
                + "all partitions. If the `OR` belongs to other conditions, put these into parentheses."
        }
        return nil
    }

    private var partitionFunction: String? {
        for (read, definition) in scanned where definition.hasPlainPartitions && !read.hasUnclearPredicates {
            let predicates = keyPredicates(read, definition)
            guard let first = predicates.first, predicates.allSatisfy(\.isCertain),
                predicates.allSatisfy({ $0.form != .direct && $0.form != .expression }),
                case .function(let function) = first.form
            else { continue }
            let key = Self.code(first.column)
            return "\(Self.code(read.name)) is partitioned by \(key), and the query compares it inside of "
                + "\(Self.code(function + "(…)")), which can keep Athena from leaving partitions out. Compare \(key) itself, "
                + "as it is stored."
        }
        return nil
    }

    private var crossJoin: String? {
        guard let join = wholeScan?.crossJoins.first, join.left != join.right else { return nil }
        return
            "\(Self.code(join.left)) and \(Self.code(join.right)) are joined without a condition, so each row of one meets "
            + "each row of the other. If that is not meant, add a condition."
    }

    private var rowFormat: String? {
        for (read, definition) in scanned where definition.view == nil && !definition.isFederated {
            guard case .rows(let format) = definition.format, !definition.isIceberg else { continue }
            let name = definition.isUncompressed ? "uncompressed \(format)" : format
            return
                "\(Self.code(read.name)) is stored as \(name), of which Athena reads whole rows, whatever columns a query "
                + "names. As compressed Parquet or ORC it reads only the columns that are named."
        }
        return nil
    }

    private var selectStar: String? {
        for (read, definition) in scanned
        where read.isReadWhole && definition.format == .columns && !definition.isIceberg && definition.view == nil {
            guard definition.columnCount >= Self.manyColumns else { continue }
            return
                "`SELECT *` reads all \(definition.columnCount) columns of \(Self.code(read.name)), which is stored by columns. "
                + "Each column that is not named is not scanned."
        }
        return nil
    }

    private var limitAfterAll: String? {
        guard let shape = facts.shape, shape.kind == .query, case .after(let step) = shape.limit, !shape.tables.isEmpty
        else { return nil }
        return
            "LIMIT comes after \(step.rawValue), which needs all rows: it makes the result smaller, and not the scan."
    }

    private var fewRows: String? {
        guard let shape = facts.shape, shape.kind == .query, !shape.aggregates, shape.limit == nil,
            shape.tables.contains(where: { !$0.predicates.isEmpty }),
            let read = facts.statistics.inputRows, read >= Self.manyRows,
            let returned = facts.statistics.outputRows, returned <= Self.fewRows
        else { return nil }
        return
            "It read \(String(read).groupedByThousands) rows and returned \(returned). A table that is partitioned or bucketed by the "
            + "columns in its conditions would let Athena leave out the rest."
    }

    private var partitionProjection: String? {
        guard let planning = facts.statistics.planningMilliseconds, planning >= Self.longMilliseconds / 2,
            let total = facts.statistics.totalMilliseconds, planning > total / 2,
            let name = scanned.first(where: { $1.hasPlainPartitions && !$1.isProjected })?.read.name
        else { return nil }
        return
            "It planned for \(planning / 1000) s of its \(total / 1000) s; planning includes looking up the partitions of "
            + "\(Self.code(name)). With partition projection Athena computes them."
    }

    private var smallFiles: String? {
        for (read, definition) in scanned where !definition.isIceberg && !definition.isFederated {
            guard let files = definition.files, files.count >= Self.manyFiles,
                files.bytes / files.count < Self.smallFile
            else { continue }
            return
                "The files of \(Self.code(read.name)) had about \(ByteSize(bytes: files.bytes / files.count)) each when a crawler last "
                + "counted them. Fewer files of 128 MiB or more take less time."
        }
        return nil
    }

    private var exactDistinct: String? {
        guard let shape = facts.shape, shape.countsDistinct, !shape.tables.isEmpty,
            let duration = facts.durationMilliseconds, duration >= Self.longMilliseconds
        else { return nil }
        return
            "COUNT(DISTINCT …) keeps every value in memory. Where about is enough, `approx_distinct` takes less time, with a "
            + "standard error of 2.3 %. It scans the same bytes."
    }

    private var queue: String? {
        guard let queued = facts.statistics.queueMilliseconds, queued >= Self.longMilliseconds,
            let total = facts.statistics.totalMilliseconds, queued > total / 2
        else { return nil }
        return
            "It waited in Athena's queue for \(queued / 1000) s of its \(total / 1000) s, which is not the fault of its SQL: "
            + "other queries had the capacity."
    }

    private var workgroupLimit: String? {
        guard let workgroup = facts.workgroup, !workgroup.hasLimit, facts.cost != nil else { return nil }
        return
            "The workgroup \(Self.code(workgroup.name)) has no limit on what one query may scan. With one, Athena cancels a query that "
            + "goes beyond it, and charges what was scanned until then."
    }

    private static func code(_ name: TableName) -> String { code("\(name)") }

    /// A name as code. A backquote in it would end the code.
    private static func code(_ name: String) -> String { "`\(name.filter { $0 != "`" })`" }
}

extension [String] {
    fileprivate var uniqued: [String] {
        var known: Set<String> = []
        return filter { known.insert($0).inserted }
    }
}
