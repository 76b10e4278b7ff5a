import AWS
import Partitions
import System
import Time

/// Registers partitions with their tables, in one of three ways.
struct PartitionCatalog {
    /// Athena runs twenty DDL statements of an account at the same time, and other programs need some of them.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
    private static let statementsAtOnce = 5

    private static let numericTypes: Set<String> = ["tinyint", "smallint", "int", "integer", "bigint"]

    let mode: PartitionRefreshSettings.Mode
    let database: String
    let glue: Glue
    let athena: Athena
    let results: String?
    let workgroup: String?

    /// The outcome for a partition.
    enum Outcome: Equatable {
        /// The partition is registered.
        case created, alreadyThere, added, repaired
        /// The partition does not belong to the table, or the table computes its partitions.
        case skippedOutsideTable, skippedProjected
        /// The partition is not registered, for this reason.
        case failed(String)
    }

    /// Whether the database exists.
    func hasDatabase(before deadline: Deadline) throws(AWSError) -> Bool {
        try glue.hasDatabase(database, before: deadline)
    }

    /// A partition to register, its position among those that were asked for, and its values in the table's order.
    private typealias Candidate = (place: Int, partition: Partition, values: [String])

    /// Registers partitions; outcomes come in the order of the partitions.
    func register(_ partitions: [Partition], before deadline: Deadline) -> [Outcome] {
        var outcomes = [Outcome](repeating: .failed("time ran out"), count: partitions.count)
        var statements: [PartitionStatements.Statement] = []
        let tables = Dictionary(grouping: partitions.indices) { partitions[$0].table }
        for (name, places) in tables.sorted(by: { $0.key < $1.key }) where !deadline.hasPassed {
            if mode == .repair {
                statements.append(.init(sql: PartitionStatements.repair(name), places: places))
                continue
            }
            let table: Glue.Table
            do {
                table = try glue.table(name, in: database, before: deadline)
            } catch {
                for place in places { outcomes[place] = .failed("table \(name): \(error)") }
                continue
            }
            let new = Self.candidates(places.map { ($0, partitions[$0]) }, for: table, &outcomes)
            if mode == .glue {
                let inputs = new.map { Glue.NewPartition(values: $0.values, location: $0.partition.location) }
                let created = glue.create(inputs, of: (name, table), in: database, before: deadline)
                for (new, creation) in zip(new, created) { outcomes[new.place] = Outcome(creation) }
            } else {
                for new in new { outcomes[new.place] = .failed("DDL cannot express \(new.partition.location)") }
                let numbers = table.partitionColumns.filter { Self.numericTypes.contains($0.type.lowercased()) }
                statements += PartitionStatements.add(
                    new.map { ($0.place, $0.partition) },
                    to: name,
                    numbers: Set(numbers.map { $0.name.lowercased() })
                )
            }
        }
        run(statements, &outcomes, before: deadline)
        return outcomes
    }

    /// The partitions that belong to a table and that it needs to learn of; the others get their outcomes.
    private static func candidates(
        _ partitions: [(place: Int, partition: Partition)],
        for table: Glue.Table,
        _ outcomes: inout [Outcome]
    ) -> [Candidate] {
        let columns = table.partitionColumns.map { $0.name.lowercased() }
        var new: [Candidate] = []
        for (place, partition) in partitions {
            guard let values = partition.values(in: columns) else {
                outcomes[place] = .failed(mismatch(partition, columns))
                continue
            }
            if table.isProjected {
                outcomes[place] = .skippedProjected
            } else if !partition.location.hasPrefix(table.location) {
                outcomes[place] = .skippedOutsideTable
            } else if let twin = new.first(where: { $0.values == values }) {
                outcomes[place] = .failed("\(partition.location) and \(twin.partition.location) are one partition")
            } else {
                new.append((place, partition, values))
            }
        }
        return new
    }

    /// Runs statements, a few at a time.
    private func run(
        _ statements: [PartitionStatements.Statement],
        _ outcomes: inout [Outcome],
        before deadline: Deadline
    ) {
        for some in statements.chunks(of: Self.statementsAtOnce) {
            let started = some.map { statement in
                let request = QueryRequest(
                    sql: statement.sql,
                    // A retried request is one statement; a statement that failed may be run again.
                    token: QueryRequest.token(for: "\(UInt64.random(in: 0...UInt64.max))"),
                    database: database,
                    outputLocation: results,
                    workgroup: workgroup
                )
                return Result { () throws(AWSError) in try athena.start(request, before: deadline) }
            }
            for (statement, execution) in zip(some, started) {
                let outcome = outcome(of: execution, before: deadline)
                for place in statement.places { outcomes[place] = outcome }
            }
        }
    }

    private func outcome(
        of execution: Result<String, AWSError>,
        before deadline: Deadline
    ) -> Outcome {
        do throws(AWSError) {
            let execution = try athena.wait(for: execution.get(), before: deadline)
            switch execution.state {
            case .succeeded: return mode == .repair ? .repaired : .added
            case .queued, .running: return .failed("Athena has not finished the statement in time")
            default: return .failed("Athena: \(execution.state): \(execution.stateChangeReason ?? "no reason given")")
            }
        } catch {
            return .failed("\(error)")
        }
    }

    private static func mismatch(_ partition: Partition, _ columns: [String]) -> String {
        let told = partition.values.map(\.column).joined(separator: ", ")
        return
            "table \(partition.table) is partitioned by \(columns.isEmpty ? "nothing" : columns.joined(separator: ", "))"
            + ", but the layout tells \(told)"
    }
}

extension PartitionCatalog.Outcome {
    fileprivate init(_ creation: Glue.Creation) {
        switch creation {
        case .created: self = .created
        case .alreadyThere: self = .alreadyThere
        case .failed(let reason): self = .failed(reason)
        }
    }

    /// The name of its count.
    var metric: String {
        switch self {
        case .created: "PartitionsCreated"
        case .alreadyThere: "PartitionsAlreadyThere"
        case .added: "PartitionsAdded"
        case .repaired: "PartitionsRepaired"
        case .skippedOutsideTable: "PartitionsSkippedOutsideTable"
        case .skippedProjected: "PartitionsSkippedProjected"
        case .failed: "PartitionsFailed"
        }
    }
}
