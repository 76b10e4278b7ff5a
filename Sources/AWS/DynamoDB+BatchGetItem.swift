import HTTP

extension DynamoDB {
    /// What DynamoDB takes in one request.
    private static let maximumKeyCount = 100

    /// Reads some attributes of those items of a table that are there, with strong consistency and in no order.
    ///
    /// - Parameters:
    ///   - keys: the items' keys, no two the same.
    ///   - table: the table's name.
    ///   - attributes: the attributes' names.
    ///   - deadline: when to give up.
    public func items(
        _ keys: [Item],
        table: String,
        attributes: [String],
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) -> [Item] {
        let names = Dictionary(uniqueKeysWithValues: attributes.enumerated().map { ("#a\($0)", $1) })
        var waiting = keys
        var items: [Item] = []
        var pause = Duration.milliseconds(50)
        while !waiting.isEmpty {
            let wanted = BatchGetItemInput.Wanted(
                Keys: Array(waiting.prefix(Self.maximumKeyCount)),
                ConsistentRead: true,
                ProjectionExpression: names.keys.sorted().joined(separator: ", "),
                ExpressionAttributeNames: names
            )
            let call = try AWSCall.json(.dynamoDB, "BatchGetItem", BatchGetItemInput(RequestItems: [table: wanted]))
            let output = try client.send(call, before: deadline).decoded(BatchGetItemOutput.self, of: call.name)
            let unprocessed = output.UnprocessedKeys?[table]?.Keys ?? []
            items += output.Responses?[table] ?? []
            waiting = unprocessed + waiting.dropFirst(wanted.Keys.count)
            // What is left over was too much for the table at this moment.
            guard !unprocessed.isEmpty else { continue }
            guard .now + pause < deadline else {
                throw .transport(call: call.name, .timedOut("\(unprocessed.count) keys were not read in time"))
            }
            AWSClient.sleep(pause)
            pause = min(pause * 2, .seconds(5))
        }
        return items
    }
}

private struct BatchGetItemInput: Encodable {
    let RequestItems: [String: Wanted]

    struct Wanted: Encodable {
        let Keys: [Item]
        let ConsistentRead: Bool
        let ProjectionExpression: String
        let ExpressionAttributeNames: [String: String]
    }
}

private struct BatchGetItemOutput: Decodable {
    let Responses: [String: [Item]]?
    let UnprocessedKeys: [String: Left]?

    struct Left: Decodable {
        let Keys: [Item]
    }
}
