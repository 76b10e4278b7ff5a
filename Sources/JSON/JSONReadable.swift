/// A type that can be read from a JSON value.
package protocol JSONReadable {
    /// Reads a value.
    ///
    /// - Throws: ``JSONError`` that names the place of the value that is missing or of another kind.
    init(json: JSONValue) throws(JSONError)
}

extension JSONReadable {
    /// Reads a whole JSON document.
    ///
    /// - Parameter bytes: the document as UTF-8.
    /// - Throws: ``JSONError`` with the place of the mistake.
    package init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var parser = JSONParser([UInt8](bytes))
        try self.init(json: try parser.document())
    }
}

extension JSONValue: JSONReadable {
    /// Takes the value as it is.
    package init(json: JSONValue) { self = json }

    /// The member at a path of names.
    ///
    /// - Throws: ``JSONError`` when the member is missing, null or of another kind.
    package func required<Value: JSONReadable>(_ path: String...) throws(JSONError) -> Value {
        guard let value: Value = try member(path) else {
            throw .unexpected(place: path.joined(separator: "."), problem: "it is missing")
        }
        return value
    }

    /// The member at a path of names; nil when it is missing or null.
    ///
    /// - Throws: ``JSONError`` when the member is of another kind, or its parent is not an object.
    package func optional<Value: JSONReadable>(_ path: String...) throws(JSONError) -> Value? {
        try member(path)
    }

    private func member<Value: JSONReadable>(_ path: [String]) throws(JSONError) -> Value? {
        var value = self
        for (depth, name) in path.enumerated() {
            guard case .object = value else {
                throw value.unexpected("an object", at: path.prefix(depth).joined(separator: "."))
            }
            guard let member = value[name], member != .null else { return nil }
            value = member
        }
        do throws(JSONError) {
            return try Value(json: value)
        } catch {
            throw error.within(path.joined(separator: "."))
        }
    }

    fileprivate func unexpected(_ expected: String, at place: String = "") -> JSONError {
        .unexpected(place: place, problem: "expected \(expected), found \(found)")
    }

    /// The value for an error message. A text may be SQL or a secret: it is shown only if it is empty, a short number or
    /// a truth value, which are often quoted by mistake.
    private var found: String {
        switch self {
        case .bool, .integer: serialized()
        case .number(let number) where number.isFinite: serialized()
        case .string(let text) where ["", "true", "false"].contains(text) || Self.isShortNumber(text): serialized()
        case .null, .number, .string, .array, .object: kind
        }
    }

    private static func isShortNumber(_ text: String) -> Bool {
        text.utf8.count <= 20 && text.utf8.allSatisfy("0123456789+-.eE".utf8.contains) && Double(text) != nil
    }
}

extension String: JSONReadable {
    package init(json: JSONValue) throws(JSONError) {
        guard case .string(let text) = json else { throw json.unexpected("a string") }
        self = text
    }
}

extension Bool: JSONReadable {
    package init(json: JSONValue) throws(JSONError) {
        guard case .bool(let value) = json else { throw json.unexpected("true or false") }
        self = value
    }
}

extension Int64: JSONReadable {
    /// Reads a whole number in any notation, such as `3`, `3.0` or `3e0`.
    package init(json: JSONValue) throws(JSONError) {
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
    /// Reads a finite number: the parser makes one that is too large infinite.
    package init(json: JSONValue) throws(JSONError) {
        switch json {
        case .integer(let number): self = Double(number)
        case .number(let number) where number.isFinite: self = number
        case .number: throw .unexpected(place: "", problem: "expected a number within the range of a double")
        default: throw json.unexpected("a number")
        }
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    package init(json: JSONValue) throws(JSONError) {
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
    /// Reads an object whose values are of one kind; of members with one name, the first counts.
    package init(json: JSONValue) throws(JSONError) {
        guard case .object(let members) = json else { throw json.unexpected("an object") }
        self.init(minimumCapacity: members.count)
        for member in members where self[member.name] == nil {
            do throws(JSONError) {
                self[member.name] = try Value(json: member.value)
            } catch {
                throw error.within(member.name)
            }
        }
    }
}
