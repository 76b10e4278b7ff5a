package import JSON

/// A value of a settings file with the key that leads to it.
package struct Section {
    /// The length to which an error cuts a value, in characters.
    private static let longestExcerpt = 60

    /// The key with its parents, such as `slack.channel`; empty for the file as a whole.
    package let key: String
    /// The value.
    package let value: JSONValue

    /// Creates a section.
    package init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }

    /// Parses a settings file.
    ///
    /// - Throws: ``SettingsError`` for a file that is not JSON.
    package init(file: some Sequence<UInt8>) throws(SettingsError) {
        do {
            self.init(key: "", value: try JSONValue(parsing: file))
        } catch {
            throw SettingsError(key: "", problem: "\(error)")
        }
    }

    /// Reads the members of an object.
    ///
    /// - Parameters:
    ///   - withNull: whether to read members that are `null`, which otherwise count as left out.
    ///   - member: reads one member, and returns whether it knows the name.
    /// - Throws: ``SettingsError`` for a member that is not known, or that `member` refuses.
    package func read(
        withNull: Bool = false,
        _ member: (String, Section) throws(SettingsError) -> Bool
    ) throws(SettingsError) {
        guard case .object(let members) = value else {
            // The value may be a secret at the wrong place.
            throw SettingsError(key: key, problem: "expected an object, found \(value.kind)")
        }
        for element in members where withNull || element.value != .null {
            let path = key.isEmpty ? element.name : "\(key).\(element.name)"
            guard try member(element.name, Section(key: path, value: element.value)) else {
                throw SettingsError(key: path, problem: "there is no such setting")
            }
        }
    }

    /// The text, which must not be empty.
    package func text() throws(SettingsError) -> String {
        guard case .string(let text) = value, !text.isEmpty else { throw expected("a text that is not empty") }
        return text
    }

    /// The texts of an object by their names.
    package func texts() throws(SettingsError) -> [String: String] {
        var texts: [String: String] = [:]
        try read { name, value throws(SettingsError) in
            texts[name] = try value.text()
            return true
        }
        return texts
    }

    /// The elements of an array, each with its place in the key.
    package func elements() throws(SettingsError) -> [Section] {
        guard let elements = value.array else { throw expected("an array") }
        return elements.enumerated().map { Section(key: "\(key)[\($0)]", value: $1) }
    }

    /// The secret, or its place.
    package func secret() throws(SettingsError) -> Secret {
        guard case .string(let text) = value, !text.isEmpty else {
            throw SettingsError(key: key, problem: "expected a text that is not empty, found \(value.kind)")
        }
        return try Secret(text, key: key)
    }

    /// The truth value.
    package func flag() throws(SettingsError) -> Bool {
        guard case .bool(let flag) = value else { throw expected("true or false") }
        return flag
    }

    /// The whole number, which must be in a range.
    package func wholeNumber(in range: ClosedRange<Int64>) throws(SettingsError) -> Int64 {
        guard case .integer(let number) = value, range.contains(number) else {
            throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// An error that says what was expected here, and shows the value that was found.
    package func expected(_ what: String) -> SettingsError {
        SettingsError(key: key, problem: "expected \(what), found \(found)")
    }

    private var found: String {
        switch value {
        case .array, .object, .null: value.kind
        case .string(""): "an empty text"
        case .string, .bool, .integer, .number: excerpt(of: value.serialized())
        }
    }

    private func excerpt(of text: String) -> String {
        text.count > Self.longestExcerpt ? "\(text.prefix(Self.longestExcerpt))…" : text
    }
}
