import JSON

/// The value of one attribute of an item.
public enum AttributeValue: Sendable, Equatable {
    /// Text (`S`).
    case string(String)
    /// A number (`N`), in the decimal digits that DynamoDB transports.
    case number(String)
    /// A type that this program neither writes nor reads.
    case other

    /// A whole number.
    public static func integer(_ value: Int64) -> AttributeValue { .number(String(value)) }

    /// The text of a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a whole number.
    public var integer: Int64? {
        if case .number(let digits) = self { Int64(digits) } else { nil }
    }
}

extension AttributeValue: ExpressibleByStringLiteral {
    /// Creates a string.
    public init(stringLiteral value: String) { self = .string(value) }
}

/// An item's attributes by name.
public typealias Item = [String: AttributeValue]

/// Items in DynamoDB tables.
public struct DynamoDB {
    let client: AWSClient

    /// How many writes are in flight together.
    private static let writesInFlight = 32

    /// Creates a door to DynamoDB.
    public init(_ client: AWSClient) {
        self.client = client
    }

    /// A write that happens only when a condition holds.
    public struct Write: Encodable, Sendable {
        let TableName: String
        var Item: Item?
        var Key: Item?
        var UpdateExpression: String?
        var ConditionExpression: String?
        var ExpressionAttributeNames: [String: String]?
        var ExpressionAttributeValues: Item?

        fileprivate var operation: String { Item == nil ? "UpdateItem" : "PutItem" }

        /// Puts a whole item.
        public static func put(_ item: Item, table: String, condition: String) -> Write {
            Write(TableName: table, Item: item, ConditionExpression: condition)
        }

        /// Changes an item.
        ///
        /// - Parameters:
        ///   - key: the item's key.
        ///   - table: the table's name.
        ///   - expression: the update expression.
        ///   - condition: the condition expression, nil for none.
        ///   - names: what the `#` placeholders of both stand for.
        ///   - values: what the `:` placeholders of both stand for.
        public static func update(
            _ key: Item,
            table: String,
            _ expression: String,
            condition: String?,
            names: [String: String] = [:],
            values: Item = [:]
        ) -> Write {
            Write(
                TableName: table,
                Key: key,
                UpdateExpression: expression,
                ConditionExpression: condition,
                ExpressionAttributeNames: names.isEmpty ? nil : names,
                ExpressionAttributeValues: values.isEmpty ? nil : values
            )
        }
    }

    /// What became of a conditional write.
    public enum WriteOutcome: Sendable, Equatable {
        /// The write happened.
        case written
        /// The condition did not hold and nothing was written.
        case conditionFailed
    }

    /// Makes many conditional writes, each standing for itself; outcomes come in the order of the writes.
    public func write(
        _ writes: [Write],
        before deadline: ContinuousClock.Instant
    ) -> [Result<WriteOutcome, AWSError>] {
        let calls: [AWSCall]
        do throws(AWSError) {
            calls = try writes.map { write throws(AWSError) in try .json(.dynamoDB, write.operation, write) }
        } catch {
            return writes.map { _ in .failure(error) }
        }
        return client.sendAll(calls, inFlight: Self.writesInFlight, before: deadline).map { result in
            switch result {
            case .success: .success(.written)
            case .failure(let error) where error.code == "ConditionalCheckFailedException": .success(.conditionFailed)
            case .failure(let error): .failure(error)
            }
        }
    }

    /// Makes one conditional write.
    public func write(_ write: Write, before deadline: ContinuousClock.Instant) throws(AWSError) -> WriteOutcome {
        try self.write([write], before: deadline)[0].get()
    }

    /// Reads some attributes of one item with strong consistency, nil when there is no such item.
    public func getItem(
        _ key: Item,
        table: String,
        attributes: [String],
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) -> Item? {
        let names = Dictionary(uniqueKeysWithValues: attributes.enumerated().map { ("#a\($0)", $1) })
        let input = GetItemInput(
            TableName: table,
            Key: key,
            ConsistentRead: true,
            ProjectionExpression: names.keys.sorted().joined(separator: ", "),
            ExpressionAttributeNames: names
        )
        let call = try AWSCall.json(.dynamoDB, "GetItem", input)
        return try client.send(call, before: deadline).decoded(GetItemOutput.self, of: call.name).Item
    }

    /// What to read from a table or an index.
    public struct Query: Encodable, Sendable {
        let TableName: String
        let IndexName: String?
        let KeyConditionExpression: String
        var FilterExpression: String?
        var ProjectionExpression: String?
        let ExpressionAttributeValues: Item
        var ExpressionAttributeNames: [String: String]?
        /// An index follows its table after a moment; a table itself can be read as it is now.
        let ConsistentRead: Bool
        var ExclusiveStartKey: Item?

        /// Creates a query, strongly consistent where that is possible.
        public init(
            table: String,
            index: String? = nil,
            keyCondition: String,
            filter: String? = nil,
            projection: String? = nil,
            names: [String: String]? = nil,
            values: Item
        ) {
            TableName = table
            IndexName = index
            KeyConditionExpression = keyCondition
            FilterExpression = filter
            ProjectionExpression = projection
            ExpressionAttributeNames = names
            ExpressionAttributeValues = values
            ConsistentRead = index == nil
        }
    }

    /// One page of a query's items and where the next begins.
    public struct Page: Sendable {
        /// The items of this page.
        public let items: [Item]
        /// What to pass for the next page, nil after the last.
        public let next: Item?
    }

    /// Reads one page; a page ends after 1 MB, before any filter, so it can be empty with more to come.
    public func query(
        _ query: Query,
        from start: Item? = nil,
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) -> Page {
        var query = query
        query.ExclusiveStartKey = start
        let call = try AWSCall.json(.dynamoDB, "Query", query)
        let output = try client.send(call, before: deadline).decoded(QueryOutput.self, of: call.name)
        return Page(items: output.Items, next: output.LastEvaluatedKey)
    }
}

extension DynamoDB {
    /// A call that is never made, for encoder and decoder to have worked before the first that is.
    static func rehearsal() -> AWSCall? {
        _ = try? JSON.decode(QueryOutput.self, from: Array(#"{"Items":[{"a":{"S":"b"}}]}"#.utf8))
        let query = Query(table: "t", index: "i", keyCondition: "#a = :b", names: ["#a": "a"], values: [":b": "b"])
        return try? .json(.dynamoDB, "Query", query)
    }
}

private struct GetItemInput: Encodable {
    let TableName: String
    let Key: Item
    let ConsistentRead: Bool
    let ProjectionExpression: String
    let ExpressionAttributeNames: [String: String]
}

private struct GetItemOutput: Decodable {
    let Item: Item?
}

private struct QueryOutput: Decodable {
    let Items: [Item]
    let LastEvaluatedKey: Item?
}

extension AttributeValue: Codable {
    private enum CodingKeys: String, CodingKey {
        case S
        case N
        case NULL
    }

    /// Reads the value from a decoder.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .S) {
            self = .string(text)
        } else if let digits = try container.decodeIfPresent(String.self, forKey: .N) {
            self = .number(digits)
        } else {
            self = .other
        }
    }

    /// Writes the value to an encoder.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .string(let text): try container.encode(text, forKey: .S)
        case .number(let digits): try container.encode(digits, forKey: .N)
        case .other: try container.encode(true, forKey: .NULL)
        }
    }
}
