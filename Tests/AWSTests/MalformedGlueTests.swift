import AWSFixture
import JSON
import JSONFixture
import LoopbackServer
import Testing

@testable import AWS

/// Answers of Glue that are not what it promises: no table is read from them, and no partition counts as created.
@Suite struct MalformedGlueTests {
    private static let unreadable = "answered what cannot be read: "

    private static let table: JSONValue = [
        "Table": [
            "Name": "t", "StorageDescriptor": ["Location": "s3://b/t/"],
            "PartitionKeys": [["Name": "dt", "Type": "string"]],
        ]
    ]

    private static func tables(_ member: String, _ values: [JSONValue?]) -> [TestInput] {
        values.map { TestInput(table.replacing("Table", member, with: $0)) }
    }

    // MARK: - Tables

    private func expectNoTable(_ answer: Answer, _ words: String) throws {
        try LoopbackServer.run(answer) { (server) throws in
            let glue = Glue(try client(server))
            let error = #expect(throws: AWSError.self) { try glue.table("t", in: "d", before: soon) }
            let message = error?.description ?? ""
            #expect(message.hasPrefix("glue:GetTable \(words)") && message.utf8.count < 3000, "\(message)")
        }
    }

    @Test(
        arguments: JSONFixture.withoutMembers
            + ([.null, 7, [], [:]] as [JSONValue]).map { TestInput(["Table": $0]) }
            + tables("StorageDescriptor", [nil, .null, 7, [], [:], ["Location": .null], ["Location": 7]])
            + tables("PartitionKeys", [7, "dt", [:], [7], [.null], [[:]], [["Name": .null]]])
            + tables("PartitionKeys", [[["Name": "dt", "Type": 7]]])
            + tables("Parameters", [7, "x", [], ["projection.enabled": true]])
    )
    func aTableThatIsNotWholeIsUnreadable(_ body: TestInput) throws {
        try expectNoTable(.reply(200, body: body.text), Self.unreadable)
    }

    @Test func aTableWithoutABodyIsUnreadable() throws { try expectNoTable(.reply(204), Self.unreadable) }

    @Test(arguments: RefusalFixture.permanentStatuses) func aTableThatIsRefusedIsNone(_ status: Int) throws {
        try expectNoTable(.reply(status, body: "{}"), "was refused: HTTP\(status) ")
    }

    @Test(
        arguments: [(TestInput(table), ["dt"])]
            + zip(tables("PartitionKeys", [nil, .null, [], [["Name": "x"]]]), [[], [], [], ["x"]])
    )
    func aTableMayHaveNoPartitions(_ body: TestInput, _ columns: [String]) throws {
        // A server that fails for a moment is asked again.
        try LoopbackServer.run(.reply(500, body: "x"), .reply(200, body: body.text)) { (server) throws in
            let table = try Glue(client(server)).table("t", in: "d", before: soon)
            #expect(table.partitionColumns.map(\.name) == columns && table.location == "s3://b/t/")
        }
    }

    // MARK: - Partitions

    private func expectNoPartition(_ answer: Answer, _ words: String) throws {
        try LoopbackServer.run(.reply(200, body: Self.table.serialized()), answer) { (server) throws in
            let glue = Glue(try client(server))
            let table = try glue.table("t", in: "d", before: soon)
            let partition = Glue.NewPartition(values: ["2024-01-01-01"], location: "s3://b/t/dt=2024-01-01-01/")
            let outcomes = glue.create([partition], of: ("t", table), in: "d", before: soon)
            guard case .failed(let reason) = outcomes.first, outcomes.count == 1 else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(reason.hasPrefix("glue:BatchCreatePartition \(words)") && reason.utf8.count < 3000, "\(reason)")
        }
    }

    private static func errors(_ errors: [JSONValue]) -> [TestInput] {
        errors.map { TestInput(["Errors": $0]) }
    }

    @Test(
        arguments: JSONFixture.notObjects + errors([7, [:], "x", [7], [.null], [[]]])
            + errors([[["PartitionValues": "x"]], [["PartitionValues": [7]]], [["ErrorDetail": 7]]])
            + errors([[["PartitionValues": ["2024-01-01-01"], "ErrorDetail": ["ErrorCode": 7]]]])
    )
    func aCreationWhoseAnswerCannotBeReadIsNone(_ body: TestInput) throws {
        try expectNoPartition(.reply(200, body: body.text), Self.unreadable)
    }

    @Test(
        arguments: errors([[[:]], [["PartitionValues": .null]], [["PartitionValues": []]]])
            + errors([[["PartitionValues": ["9999"]]], [["PartitionValues": ["2024-01-01-01"]]]])
            + errors([[["PartitionValues": ["2024-01-01-01"], "ErrorDetail": [:]]]])
            + errors([[["ErrorDetail": ["ErrorCode": "NEW", "ErrorMessage": "\0\n"]]]])
    )
    func anErrorOfAnyShapeIsARefusal(_ body: TestInput) throws {
        try expectNoPartition(.reply(200, body: body.text), "was refused: ")
    }

    @Test(arguments: RefusalFixture.permanentStatuses)
    func aCreationThatIsRefusedIsNone(_ status: Int) throws {
        try expectNoPartition(.reply(status, body: "{}"), "was refused: HTTP\(status) ")
    }

    // MARK: - Databases

    @Test(arguments: ["", "[]", "{}", TestInput(JSONFixture.deep)])
    func aRefusalDoesNotMeanThatADatabaseIsMissing(_ body: TestInput) throws {
        try LoopbackServer.run(.reply(400, body: body.text)) { (server) throws in
            let glue = Glue(try client(server))
            let error = #expect(throws: AWSError.self) { try glue.hasDatabase("d", before: soon) }
            #expect(error?.description.hasPrefix("glue:GetDatabase was refused: HTTP400 ") == true)
        }
    }

    @Test(arguments: [
        (Answer.reply(400, body: #"{"__type": "EntityNotFoundException"}"#), false), (.reply(200, body: "{}"), true),
    ])
    func aDatabaseIsMissingWhenGlueSaysSo(_ answer: Answer, _ expected: Bool) throws {
        try LoopbackServer.run(answer) { (server) throws in
            #expect(try Glue(client(server)).hasDatabase("d", before: soon) == expected)
        }
    }
}
