import JSON
package import Time

extension DynamoDB {
    /// The greatest number of writes in one transaction.
    ///
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    package static let maximumTransactionLength = 100

    /// The outcome of a transaction.
    package enum TransactionOutcome: Sendable, Equatable {
        /// All writes happened.
        case written
        /// Nothing was written: the conditions of the writes at these positions did not hold.
        case conditionsFailed([Int])
    }

    /// Makes all writes or none. No two may be of one item.
    ///
    /// A transaction that meets another one at an item is retried like any throttled call. An answer may be lost after
    /// the writes happened, and the retry then meets its own conditions: the caller's conditions must tell.
    package func writeTogether(
        _ writes: [Write],
        before deadline: Deadline
    ) throws(AWSError) -> TransactionOutcome {
        // The action of `UpdateItem` is `Update`.
        let actions = writes.map { JSONValue.object([.init(String($0.operation.dropLast("Item".count)), $0.input)]) }
        let call = AWSCall.json(.dynamoDB, "TransactWriteItems", ["TransactItems": .array(actions)])
        do {
            _ = try client.send(call, before: deadline)
            return .written
        } catch .refused(let error) where !error.failedConditions.isEmpty {
            return .conditionsFailed(error.failedConditions)
        }
    }
}

extension ServiceError {
    private static let cancellation = "TransactionCanceledException"
    private static let failedCondition = "ConditionalCheckFailed"
    /// The reasons that pass by themselves.
    private static let passingReasons: Set<String> = [
        "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded",
    ]

    /// The positions of a transaction's writes whose conditions did not hold.
    var failedConditions: [Int] {
        guard code == Self.cancellation else { return [] }
        return cancellationReasons.indices.filter { cancellationReasons[$0] == Self.failedCondition }
    }

    /// Whether a transaction was canceled only for reasons that pass by themselves.
    var isPassingCancellation: Bool {
        let reasons = cancellationReasons.filter { $0 != "None" }
        return code == Self.cancellation && !reasons.isEmpty && reasons.allSatisfy(Self.passingReasons.contains)
    }
}
