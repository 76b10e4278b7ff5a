import FoundationEssentials

/// Why a text is not JSON.
public enum JSONError: Error, Equatable, CustomStringConvertible {
    /// The text breaks JSON's grammar, or nests deeper than the parser allows; says where.
    case invalid(String)

    /// The error in plain words.
    public var description: String {
        switch self {
        case .invalid(let reason): "not valid JSON: \(reason)"
        }
    }
}

extension JSONValue {
    /// Parses a whole JSON document.
    ///
    /// - Parameter bytes: the document as UTF-8.
    /// - Throws: ``JSONError`` with the place of the mistake.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var parser = JSONParser([UInt8](bytes))
        self = try parser.document()
    }
}

/// Decodes a JSON document as a type of the caller's.
///
/// - Throws: ``JSONError`` that names the member or the place that was wrong.
public func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws(JSONError) -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
        throw .invalid(error.plainReason)
    } catch {
        throw .invalid("\(error)")
    }
}

/// Encodes a value of the caller's as JSON.
///
/// - Throws: ``JSONError`` for a number that JSON cannot express.
public func encode(_ value: some Encodable) throws(JSONError) -> [UInt8] {
    do {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return [UInt8](try encoder.encode(value))
    } catch {
        throw .invalid("\(error)")
    }
}

extension DecodingError {
    fileprivate var plainReason: String {
        switch self {
        case .dataCorrupted(let context): context.plainReason
        case .keyNotFound(let key, let context): "\(context.path(adding: key)) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(context.path()): \(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }
}

extension DecodingError.Context {
    fileprivate var plainReason: String {
        let place = codingPath.isEmpty ? "" : path() + ": "
        guard let underlyingError else { return place + debugDescription }
        return place + "\(underlyingError)"
    }

    fileprivate func path(adding key: (any CodingKey)? = nil) -> String {
        (codingPath + (key.map { [$0] } ?? [])).map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            .joined(separator: ".")
    }
}
