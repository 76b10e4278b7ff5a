import AWS
import AWSFixture
import JSON
import JSONFixture
import LoopbackServer
import Partitions
import Testing

@testable import PartitionRefresh

/// The catalog over a scripted server: of two tables, the first gets an answer that is malformed.
@Suite struct MalformedCatalogTests {
    private typealias Mode = PartitionRefreshSettings.Mode

    private static let table: JSONValue = [
        "Table": [
            "StorageDescriptor": ["Location": "s3://b/"], "PartitionKeys": [["Name": "dt", "Type": "string"]],
        ]
    ]
    private static let fine = Answer.reply(200, body: "{}")
    private let known = Answer.reply(200, body: table.serialized())

    private func register(_ mode: Mode, _ server: LoopbackServer) throws -> [PartitionCatalog.Outcome] {
        let aws = try client(server)
        let catalog = PartitionCatalog(
            mode: mode,
            database: "d",
            glue: Glue(aws),
            athena: Athena(aws),
            results: nil,
            workgroup: nil
        )
        let partitions = ["t", "u"].map { table in
            Partition(table: table, values: [.init(column: "dt", text: "1")], location: "s3://b/\(table)/dt=1/")
        }
        return catalog.register(partitions, before: soon)
    }

    /// Expects that the first table's partition failed for this reason, and the second table's did not.
    private func expect(
        _ reason: String,
        and other: PartitionCatalog.Outcome,
        of outcomes: [PartitionCatalog.Outcome]
    ) {
        guard case .failed(let found) = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(found.contains(reason) && found.utf8.count < 3000 && outcomes.dropFirst() == [other], "\(found)")
    }

    // MARK: - Glue

    @Test(arguments: [
        (Answer.reply(200, body: "{}"), "table t: glue:GetTable answered what cannot be read"),
        (.reply(404, body: "{}"), "table t: glue:GetTable was refused: HTTP404"),
    ])
    func aTableThatCannotBeReadHarmsNoOther(_ answer: Answer, _ reason: String) throws {
        try LoopbackServer.run(answer, known, Self.fine) { (server) throws in
            expect(reason, and: .created, of: try register(.glue, server))
        }
    }

    @Test(arguments: [nil, .null, [], [["Name": "x"]]] as [JSONValue?])
    func aTableWithOtherPartitionsGetsNone(_ columns: JSONValue?) throws {
        let other = Self.table.replacing("Table", "PartitionKeys", with: columns).serialized()
        try LoopbackServer.run(.reply(200, body: other), known, Self.fine) { (server) throws in
            expect("table t is partitioned by ", and: .created, of: try register(.glue, server))
        }
    }

    @Test(arguments: [
        (Answer.reply(200, body: "null"), "glue:BatchCreatePartition answered what cannot be read"),
        (.reply(200, body: #"{"Errors": [{}]}"#), "glue:BatchCreatePartition was refused"),
        (.reply(418, body: "{}"), "glue:BatchCreatePartition was refused: HTTP418"),
    ])
    func aPartitionThatIsNotCreatedHarmsNoOther(_ answer: Answer, _ reason: String) throws {
        try LoopbackServer.run(known, answer, known, Self.fine) { (server) throws in
            expect(reason, and: .created, of: try register(.glue, server))
        }
    }

    // MARK: - Athena

    private func started(_ id: String) -> Answer { .reply(200, body: #"{"QueryExecutionId": "\#(id)"}"#) }

    private func ended(_ id: String) -> Answer {
        .reply(200, body: #"{"QueryExecution": {"QueryExecutionId": "\#(id)", "Status": {"State": "SUCCEEDED"}}}"#)
    }

    /// Expects that the first statement is not started, which harms no other.
    private func expectNoStart(_ mode: Mode, _ answer: Answer, _ words: String) throws {
        try LoopbackServer.run(tables(mode) + [answer, started("q-2"), ended("q-2")]) { (server) throws in
            let outcomes = try register(mode, server)
            expect("athena:StartQueryExecution \(words)", and: success(mode), of: outcomes)
        }
    }

    /// Expects that the end of the first statement stays unknown, which harms no other.
    private func expectNoEnd(_ mode: Mode, _ answer: Answer, _ words: String) throws {
        let answers = tables(mode) + [started("q-1"), started("q-2"), answer, ended("q-2")]
        try LoopbackServer.run(answers) { (server) throws in
            let outcomes = try register(mode, server)
            expect("athena:GetQueryExecution \(words)", and: success(mode), of: outcomes)
        }
    }

    /// The answers before the first statement.
    private func tables(_ mode: Mode) -> [Answer] { mode == .repair ? [] : [known, known] }

    private func success(_ mode: Mode) -> PartitionCatalog.Outcome { mode == .repair ? .repaired : .added }

    private static let unreadable = "answered what cannot be read: "

    @Test(
        arguments: [Mode.addPartition, .repair],
        JSONFixture.withoutMembers + [.null, 7, []].map { (id: JSONValue) in TestInput(["QueryExecutionId": id]) }
    )
    private func aStatementWithoutAnIDIsNotStarted(_ mode: Mode, _ body: TestInput) throws {
        try expectNoStart(mode, .reply(200, body: body.text), Self.unreadable)
    }

    private static func execution(_ id: JSONValue, _ status: JSONValue) -> TestInput {
        TestInput(["QueryExecution": ["QueryExecutionId": id, "Status": status]])
    }

    @Test(
        arguments: [Mode.addPartition, .repair],
        JSONFixture.withoutMembers + [#"{"QueryExecution": 7}"#, #"{"QueryExecution": {}}"#]
            + [execution("another", ["State": "SUCCEEDED"]), execution(7, ["State": "SUCCEEDED"])]
            + [execution("q-1", .null), execution("q-1", [:]), execution("q-1", ["State": 7])]
    )
    private func aStatementWithoutAStateHasNoKnownEnd(_ mode: Mode, _ body: TestInput) throws {
        try expectNoEnd(mode, .reply(200, body: body.text), Self.unreadable)
    }

    @Test(arguments: [Mode.addPartition, .repair], RefusalFixture.permanentStatuses)
    private func aRefusalOfAStatementHarmsNoOther(_ mode: Mode, _ status: Int) throws {
        let words = "was refused: HTTP\(status) "
        try expectNoStart(mode, .reply(status, body: "{}"), words)
        try expectNoEnd(mode, .reply(status, body: "{}"), words)
    }
}
