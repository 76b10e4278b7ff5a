import AWS
import AWSFixture
import LoopbackServer
import Partitions
import Testing
import Time

@testable import PartitionRefresh

/// The three ways to register partitions, over a server that answers as Glue and Athena do.
@Suite struct PartitionCatalogTests {
    private func register(
        _ partitions: Partition...,
        by mode: PartitionRefreshSettings.Mode,
        at server: LoopbackServer,
        before deadline: Deadline = soon
    ) throws -> [PartitionCatalog.Outcome] {
        let aws = try client(server)
        let catalog = PartitionCatalog(
            mode: mode,
            database: "db",
            glue: Glue(aws),
            athena: Athena(aws),
            results: "s3://results/",
            workgroup: "w"
        )
        return catalog.register(partitions, before: deadline)
    }

    private func partition(_ day: String, at location: String? = nil, of table: String = "t") -> Partition {
        let value = PartitionValue(column: "dt", text: day)
        return Partition(table: table, values: [value], location: location ?? "s3://b/data/dt=\(day)/")
    }

    private func table(_ type: String = "string", _ more: String = "") -> Answer {
        let keys = #"[{"Name":"DT","Type":"\#(type)"}]"#
        let storage = #"{"Location":"s3://b/data","InputFormat":"parquet"}"#
        return .reply(200, body: #"{"Table":{"StorageDescriptor":\#(storage),"PartitionKeys":\#(keys)\#(more)}}"#)
    }

    private let started = Answer.reply(200, body: #"{"QueryExecutionId":"q"}"#)

    private func ended(_ state: String) -> Answer {
        let status = #"{"State":"\#(state)","StateChangeReason":"why"}"#
        return .reply(200, body: #"{"QueryExecution":{"QueryExecutionId":"q","Status":\#(status)}}"#)
    }

    @Test func glueCreatesThePartitionsOfATableInOneCall() throws {
        let there = #"{"PartitionValues":["2"],"ErrorDetail":{"ErrorCode":"AlreadyExistsException"}}"#
        let refused = #"{"PartitionValues":["3"],"ErrorDetail":{"ErrorCode":"X","ErrorMessage":"no"}}"#
        let answer = Answer.reply(200, body: #"{"Errors":[\#(there),\#(refused)]}"#)
        try LoopbackServer.run(table(), answer) { (server) throws in
            let outcomes = try register(partition("1"), partition("2"), partition("3"), by: .glue, at: server)
            let refusal = PartitionCatalog.Outcome.failed("glue:BatchCreatePartition was refused: X: no")
            #expect(outcomes == [.created, .alreadyThere, refusal])
            #expect(server.requests.count == 2)
            // A partition has the table's format.
            #expect(server.requests[1].body.contains(#"{"InputFormat":"parquet","Location":"s3://b/data/dt=1/"}"#))
        }
    }

    @Test func aPartitionThatIsNotTheTablesIsNotAskedFor() throws {
        let other = Partition(table: "t", values: [.init(column: "day", text: "1")], location: "s3://b/data/day=1/")
        try LoopbackServer.run(table(), .reply(200, body: "{}")) { (server) throws in
            let outcomes = try register(
                partition("1"),
                partition("2", at: "s3://b/database/dt=2/"),
                partition("1", at: "s3://b/data/again/dt=1/"),
                other,
                by: .glue,
                at: server
            )
            let twin = "s3://b/data/again/dt=1/ and s3://b/data/dt=1/ are one partition"
            let mismatch = "table t is partitioned by dt, but the layout tells day"
            #expect(outcomes == [.created, .skippedOutsideTable, .failed(twin), .failed(mismatch)])
            #expect(!server.requests[1].body.contains("again") && !server.requests[1].body.contains("dt=2"))
        }
    }

    @Test(arguments: [PartitionRefreshSettings.Mode.glue, .addPartition])
    func aTableWithProjectionNeedsNoPartitions(_ mode: PartitionRefreshSettings.Mode) throws {
        try LoopbackServer.run(table("string", #","Parameters":{"projection.enabled":"TRUE"}"#)) { (server) throws in
            #expect(try register(partition("1"), by: mode, at: server) == [.skippedProjected])
            #expect(server.requests.count == 1)
        }
    }

    @Test func aTableThatCannotBeReadHarmsNoOther() throws {
        let missing = Answer.reply(400, body: #"{"__type":"EntityNotFoundException","Message":"no"}"#)
        try LoopbackServer.run(missing, table(), .reply(200, body: "{}")) { (server) throws in
            let outcomes = try register(partition("1", of: "u"), partition("1", of: "a"), by: .glue, at: server)
            guard case .failed(let reason) = outcomes[1] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(outcomes[0] == .created && reason.hasPrefix("table a: glue:GetTable "))
            #expect(reason.contains("EntityNotFoundException"))
        }
    }

    @Test(arguments: [("string", "'1'"), ("INT", "1")])
    func aStatementAddsThePartitionsOfATable(_ type: String, _ literal: String) throws {
        try LoopbackServer.run(table(type), started, ended("SUCCEEDED")) { (server) throws in
            let odd = partition("3", at: "s3://b/data/it's/")
            let outcomes = try register(partition("1"), odd, partition("2"), by: .addPartition, at: server)
            #expect(outcomes == [.added, .failed("DDL cannot express s3://b/data/it's/"), .added])
            let body = server.requests[1].body
            #expect(body.contains("ALTER TABLE `t` ADD IF NOT EXISTS") && body.contains("`dt` = \(literal)) LOCATION"))
            #expect(body.contains(#""Database":"db""#) && body.contains("s3://results/") && body.contains(#""w""#))
        }
    }

    @Test(arguments: ["FAILED", "CANCELLED"])
    func aStatementThatFailsFailsItsPartitions(_ state: String) throws {
        try LoopbackServer.run(table(), started, ended(state)) { (server) throws in
            let outcomes = try register(partition("1"), partition("2"), by: .addPartition, at: server)
            #expect(outcomes == Array(repeating: .failed("Athena: \(state): why"), count: 2))
        }
    }

    @Test func aStatementThatIsRefusedFailsItsTableAlone() throws {
        let refusal = Answer.reply(400, body: #"{"__type":"InvalidRequestException","Message":"no"}"#)
        try LoopbackServer.run(refusal, started, ended("SUCCEEDED")) { (server) throws in
            let outcomes = try register(partition("1", of: "a"), partition("1", of: "u"), by: .repair, at: server)
            guard case .failed(let reason) = outcomes[0] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(reason.contains("InvalidRequestException") && outcomes[1] == .repaired)
        }
    }

    @Test func aRepairIsOneStatementAndReadsNoTable() throws {
        try LoopbackServer.run(started, ended("SUCCEEDED")) { (server) throws in
            #expect(try register(partition("1"), partition("2"), by: .repair, at: server) == [.repaired, .repaired])
            #expect(server.requests[0].body.contains("MSCK REPAIR TABLE `t`") && server.requests.count == 2)
        }
    }

    @Test(arguments: [PartitionRefreshSettings.Mode.glue, .addPartition, .repair])
    func nothingIsAskedForWhenTimeIsOver(_ mode: PartitionRefreshSettings.Mode) throws {
        try LoopbackServer.run { (server) throws in
            let outcomes = try register(partition("1"), by: mode, at: server, before: .after(.zero))
            #expect(outcomes == [.failed("time ran out")] && server.requests.isEmpty)
        }
    }
}
