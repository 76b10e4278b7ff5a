/// A type that a JSON value can stand for.
public protocol JSONReadable {
    /// Reads a value.
    ///
    /// - Throws: ``JSONError`` that names the place of what is missing or of another kind.
    init(json: JSONValue) throws(JSONError)
}

extension JSONReadable {
    /// Reads a whole JSON document.
    ///
    /// - Parameter bytes: the document as UTF-8.
    /// - Throws: ``JSONError`` with the place of the mistake.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var parser = JSONParser([UInt8](bytes))
        try self.init(json: try parser.document())
    }
}

extension JSONValue: JSONReadable {
    /// Takes the value as it is.
    public init(json: JSONValue) { self = json }

    /// The member with this name.
    ///
    /// - Throws: ``JSONError`` when there is none, or it is of another kind.
    public func required<Value: JSONReadable>(_ name: String) throws(JSONError) -> Value {
        guard let value: Value = try optional(name) else {
            throw .unexpected(place: name, problem: "it is missing")
        }
        return value
    }

    /// The member with this name, nil when there is none or it is null.
    ///
    /// - Throws: ``JSONError`` when it is of another kind, or this is no object.
    public func optional<Value: JSONReadable>(_ name: String) throws(JSONError) -> Value? {
        guard case .object = self else { throw unexpected("an object") }
        guard let member = self[name], member != .null else { return nil }
        do throws(JSONError) {
            return try Value(json: member)
        } catch {
            throw error.within(name)
        }
    }

    fileprivate func unexpected(_ expected: String) -> JSONError {
        .unexpected(place: "", problem: "expected \(expected), found \(kind)")
    }
}

extension String: JSONReadable {
    /// Reads a string.
    public init(json: JSONValue) throws(JSONError) {
        guard case .string(let text) = json else { throw json.unexpected("a string") }
        self = text
    }
}

extension Bool: JSONReadable {
    /// Reads `true` or `false`.
    public init(json: JSONValue) throws(JSONError) {
        guard case .bool(let value) = json else { throw json.unexpected("true or false") }
        self = value
    }
}

extension Int64: JSONReadable {
    /// Reads a whole number, however it is written.
    public init(json: JSONValue) throws(JSONError) {
        switch json {
        case .integer(let number): self = number
        case .number(let number):
            guard let whole = Int64(exactly: number) else { throw json.unexpected("a whole number") }
            self = whole
        default: throw json.unexpected("a whole number")
        }
    }
}

extension Double: JSONReadable {
    /// Reads a number.
    public init(json: JSONValue) throws(JSONError) {
        switch json {
        case .integer(let number): self = Double(number)
        case .number(let number): self = number
        default: throw json.unexpected("a number")
        }
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    /// Reads an array of values of one kind.
    public init(json: JSONValue) throws(JSONError) {
        guard case .array(let elements) = json else { throw json.unexpected("an array") }
        self = []
        reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do throws(JSONError) {
                append(try Element(json: element))
            } catch {
                throw error.within("[\(index)]")
            }
        }
    }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    /// Reads an object whose members are all of one kind; of members with one name, the last counts.
    public init(json: JSONValue) throws(JSONError) {
        guard case .object(let members) = json else { throw json.unexpected("an object") }
        self.init(minimumCapacity: members.count)
        for member in members {
            do throws(JSONError) {
                self[member.name] = try Value(json: member.value)
            } catch {
                throw error.within(member.name)
            }
        }
    }
}
