package import JSON

/// Texts and values that tests put where a reader expects something else.
package enum JSONFixture {
    /// Brackets that nest deeper than a recursive reader survives.
    package static let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)

    /// A text longer than any that a reader expects.
    package static let long = String(repeating: "x", count: 300_000)

    /// A whole number beyond the range of a double.
    package static let huge = "1" + String(repeating: "0", count: 400)

    /// Texts that no reader of an event or a message understands, some of them valid JSON.
    package static let texts = [
        "", " ", "x", "{", "}", "null", "7", #""x""#, "[]", "{}", "[{}]", #"{"Records":"#, "\u{FEFF}{}", "\0", "True",
        "{'a':1}",
    ]

    /// Texts that are not JSON.
    package static let notJSON: [TestInput] =
        ["", " ", "x", "{", "{'a':1}", "<html>", #"{"QueryExecutionId": "x""#, TestInput(deep)]

    /// Texts that are no object of JSON.
    package static let notObjects: [TestInput] = notJSON + ["null", "7", "[]", "true"]

    /// Texts that are no object of JSON, or an object without members.
    package static let withoutMembers: [TestInput] = notObjects + ["{}", "\u{FEFF}{}"]
}

/// A text that a test gives to a reader. A list of test cases shows a long one by its beginning.
package struct TestInput: Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    private static let shownLength = 100

    package let text: String
    private let title: String

    package init(_ text: String) {
        self.text = text
        title = text
    }

    package init(stringLiteral text: String) { self.init(text) }

    /// The text of a value.
    ///
    /// - Parameter title: the title in a list of test cases, if not the text itself.
    package init(_ value: JSONValue, title: String? = nil) {
        text = value.serialized()
        self.title = title ?? text
    }

    package func json() throws(JSONError) -> JSONValue { try JSONValue(parsing: text.utf8) }

    package var description: String {
        title.utf8.count > Self.shownLength ? "\(title.prefix(Self.shownLength))…" : title
    }
}

extension JSONValue {
    /// This object with the member at a path of names replaced or added; nil removes the member.
    package func replacing(_ path: String..., with value: JSONValue?) -> JSONValue { replacing(path[...], with: value) }

    private func replacing(_ path: ArraySlice<String>, with value: JSONValue?) -> JSONValue {
        guard let name = path.first, case .object(var members) = self else { return self }
        let index = members.firstIndex { $0.name == name } ?? members.endIndex
        let rest = path.dropFirst()
        let replacement = rest.isEmpty ? value : (self[name] ?? [:]).replacing(rest, with: value)
        members.replaceSubrange(
            index..<min(index + 1, members.endIndex),
            with: replacement.map { [Member(name, $0)] } ?? []
        )
        return .object(members)
    }

    /// The text of this object with one member replaced or added by JSON text that may be of any form.
    package func replacing(_ name: String, withText text: String) -> String {
        replacing(name, with: "THE TEXT").serialized().replacing(#""THE TEXT""#, with: text)
    }

    /// This value as JSON text, once as it is and once with an escape for each character outside of ASCII.
    package var spellings: [String] {
        let text = serialized()
        let escaped = text.utf16.map { unit in
            guard unit >= 0x80 else { return String(Unicode.Scalar(UInt8(unit))) }
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return [text, escaped.joined()]
    }
}
