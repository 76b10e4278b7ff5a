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
}

extension JSONValue {
    /// This object with one member replaced or added; nil removes the member.
    package func replacing(_ name: String, with value: JSONValue?) -> JSONValue {
        guard case .object(var members) = self else { return self }
        let index = members.firstIndex { $0.name == name } ?? members.endIndex
        let replacement = value.map { [Member(name, $0)] } ?? []
        members.replaceSubrange(index..<min(index + 1, members.endIndex), with: replacement)
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
