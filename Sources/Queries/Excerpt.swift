import JSON

extension JSONValue {
    /// The value as an error shows it: an excerpt, or the kind of an array or object.
    var found: String {
        switch self {
        case .null, .array, .object: kind
        case .string(""): "an empty text"
        case .string, .bool, .integer, .number: serialized().excerpt
        }
    }

    static func stringOrNull(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

extension String {
    /// The beginning of the text, as much as an error shows.
    var excerpt: String { count > 100 ? "\(prefix(100))…" : self }
}
