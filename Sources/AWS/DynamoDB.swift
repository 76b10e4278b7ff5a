package import JSON
package import Time

/// The value of one attribute of an item.
package enum AttributeValue: Sendable, Hashable {
    /// Text (`S`).
    case string(String)
    /// A number (`N`), in the decimal digits that DynamoDB transports.
    case number(String)
    /// True or false (`BOOL`).
    case boolean(Bool)
    /// A type that this program neither writes nor reads.
    case other

    /// A whole number.
    package static func integer(_ value: Int64) -> AttributeValue { .number(String(value)) }

    /// The text of a string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a whole number.
    package var integer: Int64? {
        if case .number(let digits) = self { Int64(digits) } else { nil }
    }
}

extension AttributeValue: ExpressibleByStringLiteral {
    /// Creates a string.
    package init(stringLiteral value: String) { self = .string(value) }
}

/// An item's attributes by name.
package typealias Item = [String: AttributeValue]

/// Items in DynamoDB tables.
package struct DynamoDB {
    let client: AWSClient

    /// The greatest number of calls in flight.
    private static let callsInFlight = 32

    /// Creates a client of DynamoDB.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A write that happens only when a condition holds.
    package struct Write: Sendable {
        /// The operation that makes this write alone, such as `UpdateItem`.
        let operation: String
        let input: JSONValue

        /// Puts a whole item.
        ///
        /// - Parameter values: what the `:` placeholders of the condition stand for.
        package static func put(_ item: Item, table: String, condition: String, values: Item = [:]) -> Write {
            let input: JSONValue = .object(of: [
                "TableName": .string(table),
                "Item": JSONValue(item),
                "ConditionExpression": .string(condition),
                "ExpressionAttributeValues": values.isEmpty ? nil : JSONValue(values),
            ])
            return Write(operation: "PutItem", input: input)
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
        package static func update(
            _ key: Item,
            table: String,
            _ expression: String,
            condition: String?,
            names: [String: String] = [:],
            values: Item = [:]
        ) -> Write {
            let input: JSONValue = .object(of: [
                "TableName": .string(table),
                "Key": JSONValue(key),
                "UpdateExpression": .string(expression),
                "ConditionExpression": condition.map { .string($0) },
                "ExpressionAttributeNames": names.isEmpty ? nil : .strings(names),
                "ExpressionAttributeValues": values.isEmpty ? nil : JSONValue(values),
            ])
            return Write(operation: "UpdateItem", input: input)
        }
    }

    /// The outcome of a conditional write.
    package enum WriteOutcome: Sendable, Equatable {
        /// The write happened.
        case written
        /// The condition did not hold and nothing was written.
        case conditionFailed
    }

    /// Makes many conditional writes, each standing for itself; outcomes come in the order of the writes.
    package func write(
        _ writes: [Write],
        before deadline: Deadline
    ) -> [Result<WriteOutcome, AWSError>] {
        let calls = writes.map { AWSCall.json(.dynamoDB, $0.operation, $0.input) }
        return client.sendAll(calls, inFlight: Self.callsInFlight, before: deadline).map { result in
            switch result {
            case .success: .success(.written)
            case .failure(let error) where error.code == "ConditionalCheckFailedException": .success(.conditionFailed)
            case .failure(let error): .failure(error)
            }
        }
    }

    /// Makes one conditional write.
    package func write(_ write: Write, before deadline: Deadline) throws(AWSError) -> WriteOutcome {
        try self.write([write], before: deadline)[0].get()
    }

    /// Reads some attributes of one item with strong consistency, nil when there is no such item.
    package func getItem(
        _ key: Item,
        table: String,
        attributes: [String],
        before deadline: Deadline
    ) throws(AWSError) -> Item? {
        let names = Dictionary(uniqueKeysWithValues: attributes.enumerated().map { ("#a\($0)", $1) })
        let input: JSONValue = [
            "TableName": .string(table),
            "Key": JSONValue(key),
            "ConsistentRead": true,
            "ProjectionExpression": .string(names.keys.sorted().joined(separator: ", ")),
            "ExpressionAttributeNames": .strings(names),
        ]
        return try client.send(.json(.dynamoDB, "GetItem", input), before: deadline) { answer throws(JSONError) in
            try answer.optional("Item")
        }
    }

    /// A query of a table or an index.
    package struct Query: Sendable {
        private let table: String
        private let index: String?
        private let keyCondition: String
        private let filter: String?
        private let projection: String?
        private let names: [String: String]
        private let values: Item

        /// Creates a query, strongly consistent where that is possible.
        package init(
            table: String,
            index: String? = nil,
            keyCondition: String,
            filter: String? = nil,
            projection: String? = nil,
            names: [String: String] = [:],
            values: Item
        ) {
            self.table = table
            self.index = index
            self.keyCondition = keyCondition
            self.filter = filter
            self.projection = projection
            self.names = names
            self.values = values
        }

        fileprivate func input(from start: Item?) -> JSONValue {
            .object(of: [
                "TableName": .string(table),
                "IndexName": index.map { .string($0) },
                "KeyConditionExpression": .string(keyCondition),
                "FilterExpression": filter.map { .string($0) },
                "ProjectionExpression": projection.map { .string($0) },
                "ExpressionAttributeNames": names.isEmpty ? nil : .strings(names),
                "ExpressionAttributeValues": JSONValue(values),
                // An index follows its table after a moment; a table itself can be read as it is now.
                "ConsistentRead": .bool(index == nil),
                "ExclusiveStartKey": start.map(JSONValue.init),
            ])
        }
    }

    /// One page of a query's items and where the next begins.
    package struct Page: Sendable {
        /// The items of this page.
        package let items: [Item]
        /// The start of the next page, nil after the last.
        package let next: Item?
    }

    /// Reads one page; a page ends after 1 MB, before any filter, so it can be empty with more to come.
    package func query(
        _ query: Query,
        from start: Item? = nil,
        before deadline: Deadline
    ) throws(AWSError) -> Page {
        let call = AWSCall.json(.dynamoDB, "Query", query.input(from: start))
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            Page(items: try answer.required("Items"), next: try answer.optional("LastEvaluatedKey"))
        }
    }
}

extension AttributeValue: JSONReadable {
    /// Reads the value as DynamoDB transports it.
    package init(json: JSONValue) throws(JSONError) {
        if let text: String = try json.optional("S") {
            self = .string(text)
        } else if let digits: String = try json.optional("N") {
            self = .number(digits)
        } else if let value: Bool = try json.optional("BOOL") {
            self = .boolean(value)
        } else {
            self = .other
        }
    }
}

extension JSONValue {
    /// An item, or a part of one, as DynamoDB transports it.
    init(_ item: Item) {
        self = .object(item.map { Member($0, $1.json) })
    }
}

extension AttributeValue {
    /// The value as DynamoDB transports it.
    var json: JSONValue {
        switch self {
        case .string(let text): ["S": .string(text)]
        case .number(let digits): ["N": .string(digits)]
        case .boolean(let value): ["BOOL": .bool(value)]
        case .other: ["NULL": true]
        }
    }
}
