import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct DynamoDBTests {
    private let write = DynamoDB.Write.put(["a": "b"], table: "t", condition: "attribute_not_exists(a)")

    @Test func aConditionThatFailsIsAnOutcome() throws {
        let failure = Answer.reply(400, body: #"{"__type":"x#ConditionalCheckFailedException"}"#)
        try LoopbackServer.run(.reply(200, body: "{}"), failure) { (server) throws in
            let store = DynamoDB(try client(server))
            #expect(try store.write(write, before: soon) == .written)
            #expect(try store.write(write, before: soon) == .conditionFailed)
        }
    }

    @Test func aDamagedAnswerIsAskedForAgain() throws {
        let damaged = Answer.reply(200, headers: ["x-amz-crc32": "1"], body: #"{"Items":[]}"#)
        let sound = Answer.reply(200, headers: ["x-amz-crc32": "2745614147"], body: "{}")
        try LoopbackServer.run(damaged, sound) { (server) throws in
            #expect(try DynamoDB(client(server)).write(write, before: soon) == .written)
            #expect(server.requests.count == 2)
        }
    }

    @Test func anAnswerWithoutItemsIsNoneAndNotAnEmptyTable() throws {
        let none = Answer.reply(200, body: "{}")
        try LoopbackServer.run(none, none, none, none) { (server) throws in
            let dynamoDB = DynamoDB(try client(server))
            #expect(throws: AWSError.self) {
                try dynamoDB.items([["k": "1"]], table: "t", attributes: ["n"], before: soon)
            }
        }
    }

    @Test func attributesOfUnknownTypesAreNoTrouble() throws {
        let body =
            #"{"Items":[{"s":{"S":"x"},"n":{"N":"1"},"m":{"M":{}},"b":{"BOOL":true}}],"LastEvaluatedKey":{"s":{"S":"x"}}}"#
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let query = DynamoDB.Query(table: "t", keyCondition: "s = :s", values: [":s": "x"])
            let page = try DynamoDB(client(server)).query(query, before: soon)
            #expect(page.items == [["s": "x", "n": .integer(1), "m": .other, "b": .boolean(true)]])
            #expect(page.next == ["s": "x"])
        }
    }

    private static let canceled = "TransactionCanceledException"

    private func cancellation(_ reasons: String...) -> Answer {
        let list = reasons.map { #"{"Code":"\#($0)"}"# }.joined(separator: ",")
        return .reply(400, body: #"{"__type":"x#\#(Self.canceled)","CancellationReasons":[\#(list)]}"#)
    }

    @Test func aTransactionNamesTheWritesWhoseConditionsFailed() throws {
        let failure = cancellation("None", "ConditionalCheckFailed", "TransactionConflict")
        try LoopbackServer.run(.reply(200, body: "{}"), failure) { (server) throws in
            let store = DynamoDB(try client(server))
            let change = DynamoDB.Write.update(
                ["a": "b"],
                table: "t",
                "SET c = :d",
                condition: nil,
                values: [":d": "e"]
            )
            #expect(try store.writeTogether([write, change], before: soon) == .written)
            #expect(try store.writeTogether([write, change, write], before: soon) == .conditionsFailed([1]))
            let request = try JSONValue(parsing: server.requests[0].body.utf8)
            let actions = try #require(request["TransactItems"]?.array)
            #expect(actions[0]["Put"]?["ConditionExpression"]?.string == "attribute_not_exists(a)")
            #expect(actions[1]["Update"]?["UpdateExpression"]?.string == "SET c = :d")
        }
    }

    @Test(arguments: ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    func aTransactionThatMeetsAnotherIsRepeated(reason: String) throws {
        try LoopbackServer.run(cancellation("None", reason), .reply(200, body: "{}")) { (server) throws in
            #expect(try DynamoDB(client(server)).writeTogether([write, write], before: soon) == .written)
        }
    }

    @Test(arguments: ["ValidationError", "ItemCollectionSizeLimitExceeded", "None"])
    func aTransactionThatCannotBeIsRefusedAtOnce(reason: String) throws {
        try LoopbackServer.run(cancellation("None", reason)) { (server) throws in
            let store = DynamoDB(try client(server))
            #expect { try store.writeTogether([write, write], before: soon) } throws: {
                ($0 as? AWSError)?.code == Self.canceled
            }
        }
    }

    @Test func aWriteThatMeetsATransactionIsRepeated() throws {
        let conflict = Answer.reply(400, body: #"{"__type":"x#TransactionConflictException"}"#)
        try LoopbackServer.run(conflict, .reply(200, body: "{}")) { (server) throws in
            #expect(try DynamoDB(client(server)).write(write, before: soon) == .written)
        }
    }
}
