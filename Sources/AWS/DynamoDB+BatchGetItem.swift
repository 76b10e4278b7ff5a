import HTTP
import JSON
import System
package import Time

extension DynamoDB {
    /// The greatest number of keys in one request.
    private static let maximumKeyCount = 100

    /// Reads some attributes of those items of a table that are there, with strong consistency and in no order.
    ///
    /// - Parameters:
    ///   - keys: the items' keys, no two the same.
    ///   - table: the table's name.
    ///   - attributes: the attributes' names.
    ///   - deadline: when to give up.
    package func items(
        _ keys: [Item],
        table: String,
        attributes: [String],
        before deadline: Deadline
    ) throws(AWSError) -> [Item] {
        let names = Dictionary(uniqueKeysWithValues: attributes.enumerated().map { ("#a\($0)", $1) })
        var waiting = keys
        var items: [Item] = []
        var pause = Duration.milliseconds(50)
        while !waiting.isEmpty {
            let asked = waiting.prefix(Self.maximumKeyCount)
            let wanted: JSONValue = [
                "Keys": .array(asked.map(JSONValue.init)),
                "ConsistentRead": true,
                "ProjectionExpression": .string(names.keys.sorted().joined(separator: ", ")),
                "ExpressionAttributeNames": .strings(names),
            ]
            let call = AWSCall.json(.dynamoDB, "BatchGetItem", ["RequestItems": .object([.init(table, wanted)])])
            let (found, unprocessed) = try client.send(call, before: deadline) { answer throws(JSONError) in
                let found: [String: [Item]] = try answer.required("Responses")
                let left: [String: JSONValue]? = try answer.optional("UnprocessedKeys")
                return (found[table] ?? [], try left?[table]?.required("Keys") ?? [] as [Item])
            }
            items += found
            waiting = unprocessed + waiting.dropFirst(asked.count)
            // The rest was too much for the table at this moment.
            guard !unprocessed.isEmpty else { continue }
            guard deadline.allows(pause) else {
                throw .transport(call: call.name, .timedOut("\(unprocessed.count) keys were not read in time"))
            }
            Pause.sleep(pause)
            pause = min(pause * 2, .seconds(5))
        }
        return items
    }
}
