import JSON
package import Time

/// Writes in batches. Each write is a statement of PartiQL with a condition of its own, and stands for itself.
extension DynamoDB {
    /// The greatest number of statements in one call.
    ///
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
    private static let maximumStatementCount = 25
    /// The longest values of one call together, in bytes, so that long SQL neither fills the memory nor takes too long to send.
    private static let longestBatch = 1 << 20
    private static let batchesInFlight = 4
    private static let operation = "BatchExecuteStatement"
    private static let name = "dynamodb:\(operation)"

    /// A write of one item that happens only when its condition holds.
    package struct Statement: Sendable {
        fileprivate let key: Item
        let text: String
        let parameters: [AttributeValue]

        /// Inserts an item; the condition is that no item has its key.
        ///
        /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
        package static func insert(_ item: Item, key: Item, into table: String) -> Statement {
            let attributes = item.sorted { $0.key < $1.key }
            let members = attributes.map { "'\($0.key)': ?" }.joined(separator: ", ")
            return Statement(
                key: key,
                text: "INSERT INTO \"\(table)\" VALUE {\(members)}",
                parameters: attributes.map(\.value)
            )
        }

        /// Sets attributes of an item, and removes one on demand; the condition is that the item has a certain attribute.
        ///
        /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
        package static func update(
            _ key: Item,
            in table: String,
            setting changes: Item,
            removing removed: String? = nil,
            ifHaving required: String
        ) -> Statement {
            let changes = changes.sorted { $0.key < $1.key }
            let place = key.sorted { $0.key < $1.key }
            let actions = changes.map { "SET \"\($0.key)\" = ?" } + (removed.map { ["REMOVE \"\($0)\""] } ?? [])
            let conditions = place.map { "\"\($0.key)\" = ?" } + ["\"\(required)\" IS NOT MISSING"]
            let condition = conditions.joined(separator: " AND ")
            return Statement(
                key: key,
                text: "UPDATE \"\(table)\" \(actions.joined(separator: " ")) WHERE \(condition)",
                parameters: (changes + place).map(\.value)
            )
        }

        fileprivate var length: Int { parameters.reduce(text.utf8.count) { $0 + ($1.string?.utf8.count ?? 0) } }

        fileprivate var json: JSONValue {
            ["Statement": .string(text), "Parameters": .array(parameters.map(\.json))]
        }
    }

    /// Executes statements; outcomes come in their order. Those that fail within an answer for a reason that passes are
    /// executed again, without the others of their batch.
    package func execute(_ statements: [Statement], before deadline: Deadline) -> [Result<WriteOutcome, AWSError>] {
        var outcomes = attempt(statements, before: deadline)
        var number = 1
        var spent = 0
        while true {
            let kinds = outcomes.map(\.passingFailure)
            let again = kinds.indices.filter { kinds[$0] != nil }
            let kind = kinds.contains(.throttling) ? FailureKind.throttling : .transient
            guard !again.isEmpty, let pause = client.pauseBeforeRetry(number, after: kind, .dynamoDB, deadline) else {
                break
            }
            spent += client.budget.spend(on: kind)
            client.pause(pause)
            for (index, outcome) in zip(again, attempt(again.map { statements[$0] }, before: deadline)) {
                outcomes[index] = outcome
            }
            number += 1
        }
        if spent > 0, outcomes.allSatisfy({ $0.passingFailure == nil }) { client.budget.refund(spent) }
        return outcomes
    }

    private func attempt(_ statements: [Statement], before deadline: Deadline) -> [Result<WriteOutcome, AWSError>] {
        let batches = Self.batches(of: statements)
        let calls = batches.map { batch in
            AWSCall.json(.dynamoDB, Self.operation, ["Statements": .array(statements[batch].map(\.json))])
        }
        let answers = client.sendAll(calls, inFlight: Self.batchesInFlight, before: deadline) {
            answer throws(JSONError) -> [JSONValue] in
            try answer.required("Responses")
        }
        return zip(batches, answers).flatMap { batch, answer -> [Result<WriteOutcome, AWSError>] in
            switch answer {
            case .success(let responses) where responses.count == batch.count:
                return responses.map { Result(response: $0, to: Self.name) }
            case .success(let responses):
                let reason = "it has \(responses.count) responses to \(batch.count) statements"
                return batch.map { _ in .failure(.unreadable(call: Self.name, reason: reason)) }
            case .failure(let error) where error.isAboutInput && batch.count > 1:
                // One statement may be the cause, and must not stop the others.
                return batch.flatMap { attempt([statements[$0]], before: deadline) }
            case .failure(let error):
                return batch.map { _ in .failure(error) }
            }
        }
    }

    /// Groups statements into runs that one call may hold. No run has two statements about one item.
    private static func batches(of statements: [Statement]) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var start = 0
        var length = 0
        var keys: Set<Item> = []
        for (index, statement) in statements.enumerated() {
            let isFull = index - start == maximumStatementCount || length + statement.length > longestBatch
            if index > start, isFull || keys.contains(statement.key) {
                batches.append(start..<index)
                start = index
                length = 0
                keys = []
            }
            length += statement.length
            keys.insert(statement.key)
        }
        return start < statements.count ? batches + [start..<statements.count] : batches
    }
}

extension Result<DynamoDB.WriteOutcome, AWSError> {
    /// The codes that say that the condition of an update or of an insertion did not hold.
    ///
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
    private static var failedConditions: Set<String> { ["ConditionalCheckFailed", "DuplicateItem"] }

    /// The status of an answer whose statements may have failed.
    private static var success: Int { 200 }

    /// Reads the response to one statement.
    fileprivate init(response: JSONValue, to call: String) {
        guard let failure = response["Error"] else {
            self = .success(.written)
            return
        }
        let code = failure["Code"]?.string ?? "no code"
        guard !Self.failedConditions.contains(code) else {
            self = .success(.conditionFailed)
            return
        }
        let error = ServiceError(
            call: call,
            status: Self.success,
            code: code,
            message: failure["Message"]?.string ?? "no message",
            requestID: "unknown"
        )
        self = .failure(.refused(error))
    }

    /// The kind of a failure within an answer that may pass by itself; nil for any other outcome, also for a call that failed as
    /// a whole, which has been repeated.
    fileprivate var passingFailure: FailureKind? {
        guard case .failure(.refused(let error)) = self, error.status == Self.success else { return nil }
        let kind = FailureKind(.refused(error))
        return kind == .permanent ? nil : kind
    }
}
