import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct BatchExecuteStatementTests {
    private static let throttled = "ThrottlingError"

    private func insertion(_ number: Int) -> DynamoDB.Statement {
        let item: Item = ["k": .string("\(number)"), "n": .integer(Int64(number))]
        return .insert(item, key: ["k": .string("\(number)")], into: "t")
    }

    /// An answer with a code for each statement, nil for one that succeeded.
    private func answer(_ codes: String?...) -> Answer {
        let responses = codes.map { code in
            code.map { #"{"Error":{"Code":"\#($0)","Message":"m"}}"# } ?? #"{"TableName":"t"}"#
        }
        return .reply(200, body: #"{"Responses":[\#(responses.joined(separator: ","))]}"#)
    }

    /// The first parameters of the statements of a request.
    private func keys(_ request: String) throws -> [String] {
        let statements = try #require(JSONValue(parsing: request.utf8)["Statements"]?.array)
        return statements.compactMap { $0["Parameters"]?.array?.first?["S"]?.string }
    }

    private func codes(_ outcomes: [Result<DynamoDB.WriteOutcome, AWSError>]) -> [String] {
        outcomes.map { outcome in
            switch outcome {
            case .success(.written): "written"
            case .success(.conditionFailed): "condition failed"
            case .failure(let error): error.code ?? "no answer"
            }
        }
    }

    @Test func aStatementNamesEveryAttributeOnceAndNoValue() {
        let insert = DynamoDB.Statement.insert(["b": "x'", "a": .boolean(true)], key: ["b": "x'"], into: "t.1-a")
        #expect(insert.text == #"INSERT INTO "t.1-a" VALUE {'a': ?, 'b': ?}"#)
        #expect(insert.parameters == [.boolean(true), "x'"])
        let changes: Item = ["z": .integer(1), "y": "2"]
        let update = DynamoDB.Statement.update(
            ["r": "r1", "h": "h1"],
            in: "t",
            setting: changes,
            removing: "open",
            ifHaving: "open"
        )
        #expect(
            update.text
                == #"UPDATE "t" SET "y" = ? SET "z" = ? REMOVE "open" WHERE "h" = ? AND "r" = ? AND "open" IS NOT MISSING"#
        )
        #expect(update.parameters == ["2", .integer(1), "h1", "r1"])
    }

    @Test func eachStatementHasItsOutcome() throws {
        let codes: [String?] = [
            nil, "DuplicateItem", "ConditionalCheckFailed", "AccessDenied", "ValidationError", "ResourceNotFound",
            "ItemCollectionSizeLimitExceeded",
        ]
        let reply = answer(nil, codes[1], codes[2], codes[3], codes[4], codes[5], codes[6])
        try LoopbackServer.run(reply) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute((0..<7).map(insertion), before: soon)
            let expected = ["written", "condition failed", "condition failed"] + codes.dropFirst(3).compactMap(\.self)
            #expect(self.codes(outcomes) == expected)
            #expect("\(outcomes[3])".contains("dynamodb:BatchExecuteStatement was refused: AccessDenied (200): m"))
            #expect(try keys(server.requests[0].body) == ["0", "1", "2", "3", "4", "5", "6"])
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        arguments: [
            throttled, "ProvisionedThroughputExceeded", "RequestLimitExceeded", "TransactionConflict",
            "InternalServerError",
        ]
    )
    func whatPassesIsRepeatedWithoutTheOthers(_ code: String) throws {
        let replies = (answer(nil, code, "DuplicateItem", code), answer(code, nil), answer(nil))
        try LoopbackServer.run(replies.0, replies.1, replies.2) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute((0..<4).map(insertion), before: soon)
            #expect(codes(outcomes) == ["written", "written", "condition failed", "written"])
            #expect(try server.requests.map { try keys($0.body) } == [["0", "1", "2", "3"], ["1", "3"], ["1"]])
        }
    }

    @Test func whatDoesNotPassInTimeFailsAndTheOthersStay() throws {
        let reply = answer(Self.throttled)
        try LoopbackServer.run(answer(nil, Self.throttled), reply, reply, reply) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute([insertion(0), insertion(1)], before: soon)
            #expect(codes(outcomes) == ["written", Self.throttled])
            #expect(server.requests.count == 4)
        }
    }

    @Test func aBatchThatIsRefusedAsAWholeIsTriedOneByOne() throws {
        let refusal = Answer.reply(400, body: #"{"__type":"x#ValidationException","message":"m"}"#)
        try LoopbackServer.run(refusal, answer(nil), refusal, answer("DuplicateItem")) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute((0..<3).map(insertion), before: soon)
            #expect(codes(outcomes) == ["written", "ValidationException", "condition failed"])
        }
    }

    @Test func aDenialHoldsForTheWholeBatch() throws {
        let denial = Answer.reply(400, body: #"{"__type":"x#AccessDeniedException","message":"m"}"#)
        try LoopbackServer.run(denial) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute([insertion(0), insertion(1)], before: soon)
            #expect(codes(outcomes) == ["AccessDeniedException", "AccessDeniedException"])
        }
    }

    @Test func anAnswerToOtherStatementsIsNoSuccess() throws {
        try LoopbackServer.run(answer(nil)) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute([insertion(0), insertion(1)], before: soon)
            #expect("\(outcomes)".contains("it has 1 responses to 2 statements"))
            #expect(codes(outcomes) == ["no answer", "no answer"])
        }
    }

    /// The number of statements of each call, in any order.
    private func callSizes(_ statements: [DynamoDB.Statement]) throws -> [Int] {
        // Every call is refused as a whole, whatever its size.
        let denial = Answer.reply(400, body: #"{"__type":"x#AccessDeniedException"}"#)
        return try LoopbackServer.run(denial, denial, denial, denial) { (server) throws in
            let outcomes = DynamoDB(try client(server)).execute(statements, before: soon)
            #expect(outcomes.count == statements.count)
            return try server.requests.map { try keys($0.body).count }.sorted()
        }
    }

    @Test func aCallHasAtMost25StatementsAndNoItemTwice() throws {
        #expect(try callSizes([]) == [])
        #expect(try callSizes((0..<25).map(insertion)) == [25])
        #expect(try callSizes((0..<60).map(insertion)) == [10, 25, 25])
        #expect(try callSizes([0, 1, 2, 1, 3].map(insertion)) == [2, 3])
        #expect(try callSizes([0, 0, 0].map(insertion)) == [1, 1, 1])
    }

    @Test func longValuesMakeShortBatches() throws {
        let long = String(repeating: "x", count: 400_000)
        let statements = (0..<5).map { number -> DynamoDB.Statement in
            .insert(["k": .string("\(number)"), "sql": .string(long)], key: ["k": .string("\(number)")], into: "t")
        }
        #expect(try callSizes(statements) == [1, 2, 2])
    }
}
