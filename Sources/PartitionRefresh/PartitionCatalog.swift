import AWS
import Partitions
import System
import Time

/// Makes partitions known to their tables, in one of three ways.
struct PartitionCatalog {
    /// Athena runs twenty definitions of an account at the same time; others need some too.
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

    /// What came of a partition.
    enum Outcome: Equatable {
        /// The table knows of it.
        case created, alreadyThere, added, repaired
        /// It does not belong to the table, or the table needs to know of none.
        case skippedOutsideTable, skippedProjected
        /// It is not known, and why.
        case failed(String)
    }

    /// Makes partitions known; outcomes come in their order.
    func tell(_ partitions: [Partition], before deadline: Deadline) -> [Outcome] {
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
            let columns = table.partitionColumns.map { $0.name.lowercased() }
            var new: [(place: Int, partition: Partition, values: [String])] = []
            for place in places {
                let partition = partitions[place]
                guard let values = partition.values(in: columns) else {
                    outcomes[place] = .failed(Self.mismatch(partition, columns))
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
            if mode == .glue {
                let inputs = new.map { Glue.NewPartition(values: $0.values, location: $0.partition.location) }
                let created = glue.create(inputs, of: (name, table), in: database, before: deadline)
                for (new, creation) in zip(new, created) { outcomes[new.place] = Outcome(creation) }
            } else {
                let numbers = table.partitionColumns.filter { Self.numericTypes.contains($0.type.lowercased()) }
                for new in new { outcomes[new.place] = .failed("\(new.partition.location) cannot be said in DDL") }
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

    /// Runs statements, some of them at a time.
    private func run(
        _ statements: [PartitionStatements.Statement],
        _ outcomes: inout [Outcome],
        before deadline: Deadline
    ) {
        for some in statements.chunks(of: Self.statementsAtOnce) {
            let started = some.map { statement in
                let request = QueryRequest(
                    sql: statement.sql,
                    // A request that is repeated is one statement; a statement that failed may be run again.
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

    /// What it counts as.
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
