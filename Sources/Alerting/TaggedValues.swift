import Web

/// The values of a comment in the form of sqlcommenter: `key='value',key='value'`, percent-encoded.
///
/// https://google.github.io/sqlcommenter/spec/
struct TaggedValues {
    let values: [String: String]

    /// Reads a comment; nil unless all of it has the form.
    init?(_ comment: String) {
        var values: [String: String] = [:]
        var rest = comment[...]
        while true {
            guard let equals = rest.firstIndex(of: "="), rest[equals...].hasPrefix("='") else { return nil }
            let key = rest[..<equals]
            guard !key.isEmpty, key.allSatisfy(Self.isKeyCharacter) else { return nil }
            rest = rest[rest.index(equals, offsetBy: 2)...]
            guard let value = Self.takeValue(&rest) else { return nil }
            values[Self.decoded(String(key))] = Self.decoded(value)
            guard rest.first == "," else { break }
            rest = rest.dropFirst().drop { $0 == " " }
        }
        guard rest.isEmpty else { return nil }
        self.values = values
    }

    private static func isKeyCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_-.%".contains(character))
    }

    /// Takes a value up to its closing quote; `\'` stands for a quote.
    private static func takeValue(_ rest: inout Substring) -> String? {
        var value = ""
        while let character = rest.popFirst() {
            if character == "'" { return value }
            let isEscape = character == "\\" && rest.first == "'"
            value.append(isEscape ? rest.removeFirst() : character)
        }
        return nil
    }

    /// Decodes a text in which a driver may have left each `%` doubled.
    private static func decoded(_ text: String) -> String {
        text.replacing("%%", with: "%").percentDecoded ?? text
    }
}
