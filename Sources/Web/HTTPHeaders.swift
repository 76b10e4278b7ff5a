/// Header fields in order; names compare without regard to case (RFC 9110, section 5.1).
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    private var fields: [Field] = []

    /// One header field.
    package struct Field: Sendable, Equatable {
        /// The field's name as written.
        package let name: String
        /// The field's value without surrounding white space.
        package let value: String
    }

    /// Creates header fields from names and values.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0, value: $1) }
    }

    /// Adds a field after those already there, even when one has the same name.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field with this name; setting replaces all of them, nil removes them.
    package subscript(name: String) -> String? {
        get {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { append(name, newValue) }
        }
    }

    /// Goes through the fields in order.
    package func makeIterator() -> some IteratorProtocol<Field> { fields.makeIterator() }
}
