/// A JSON value whose objects keep the order of their members.
///
/// Consumers of the queue and readers of the logs see members in the order in which they are written here, which
/// dictionaries do not promise.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and value of an object.
    package struct Member: Sendable, Equatable {
        /// The member's name.
        package let name: String
        /// The member's value.
        package let value: JSONValue

        /// Creates a member.
        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object with those members that have a value.
    package static func object(of members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    /// An array of texts.
    package static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// An object of texts.
    package static func strings(_ texts: [String: String]) -> JSONValue {
        .object(texts.map { Member($0, .string($1)) })
    }

    /// The value of the first member with this name, or nil when there is none or this is not an object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, when this is a string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The elements, when this is an array.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// What kind of value this is, in words for an error message.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Creates a value from a literal.
    package init(stringLiteral value: String) { self = .string(value) }
    /// Creates a value from a literal.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Creates a value from a literal.
    package init(integerLiteral value: Int64) { self = .integer(value) }
    /// Creates a value from a literal.
    package init(floatLiteral value: Double) { self = .number(value) }
    /// Creates a value from a literal.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Creates a value from a literal.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0, $1) })
    }
}
