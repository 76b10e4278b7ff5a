import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct GlueTests {
    @Test(arguments: [
        (#"{"Table":{}}"#, "Table.StorageDescriptor: it is missing"),
        (#"{"Table":{"StorageDescriptor":{}}}"#, "Table.StorageDescriptor.Location: it is missing"),
        (
            #"{"Table":{"StorageDescriptor":{"Location":"s3://b"},"PartitionKeys":[{}]}}"#,
            "Table.Name: it is missing"
        ),
        (
            #"{"Table":{"StorageDescriptor":{"Location":"s3://b"},"PartitionKeys":7}}"#,
            "PartitionKeys: expected an array"
        ),
    ])
    func aTableThatIsNotWholeIsUnreadable(_ body: String, _ reason: String) throws {
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let glue = Glue(try client(server))
            let error = #expect(throws: AWSError.self) { try glue.table("t", in: "d", before: soon) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        (#"{}"#, [Glue.Creation.created, .created]),
        (
            #"{"Errors":[{"PartitionValues":["2"],"ErrorDetail":{"ErrorCode":"AlreadyExistsException"}}]}"#,
            [.created, .alreadyThere]
        ),
        // An error without details is one, and an error that names no partition may be any's.
        (#"{"Errors":[{"PartitionValues":["1"]}]}"#, [failed("no code: no message"), .created]),
        (
            #"{"Errors":[{"PartitionValues":["9"],"ErrorDetail":{"ErrorCode":"X","ErrorMessage":"y"}}]}"#,
            [failed("X: y"), failed("X: y")]
        ),
    ])
    func eachPartitionHasItsOwnOutcome(_ body: String, _ outcomes: [Glue.Creation]) throws {
        let table = Answer.reply(200, body: #"{"Table":{"StorageDescriptor":{"Location":"s3://b/t"}}}"#)
        try LoopbackServer.run(table, .reply(200, body: body)) { (server) throws in
            let glue = Glue(try client(server))
            let table = try glue.table("t", in: "d", before: soon)
            let partitions = ["1", "2"].map { Glue.NewPartition(values: [$0], location: "s3://b/t/\($0)/") }
            #expect(glue.create(partitions, of: ("t", table), in: "d", before: soon) == outcomes)
        }
    }

    private static func failed(_ reason: String) -> Glue.Creation {
        .failed("glue:BatchCreatePartition was refused: \(reason)")
    }
}
