package import JSON

/// Values of a result as JSON.
package enum TypedValue {
    /// The JSON of a value that Athena sends as text.
    ///
    /// Whole numbers, floating-point numbers and truth values become JSON's own. A decimal stays text, so that no digit
    /// is lost; so do dates, times, and the texts that Athena writes arrays, maps and rows as, and what is no number
    /// (`NaN`, `Infinity`).
    ///
    /// - Parameters:
    ///   - text: the value, nil for NULL.
    ///   - type: Athena's type, such as `bigint`.
    package static func json(_ text: String?, type: String) -> JSONValue {
        guard let text else { return .null }
        switch type.lowercased() {
        case "boolean":
            if text == "true" { return true }
            if text == "false" { return false }
        case "tinyint", "smallint", "integer", "int", "bigint":
            if let number = Int64(text) { return .integer(number) }
        case "float", "real", "double":
            if let number = Double(text), number.isFinite { return .number(number) }
        default: break
        }
        return .string(text)
    }

    /// Names that tell columns apart: the second `id` becomes `id_2`.
    package static func distinct(_ names: [String]) -> [String] {
        var taken = Set<String>()
        return names.map { name in
            var candidate = name
            var number = 2
            while taken.contains(candidate) || (candidate != name && names.contains(candidate)) {
                candidate = "\(name)_\(number)"
                number += 1
            }
            taken.insert(candidate)
            return candidate
        }
    }
}
