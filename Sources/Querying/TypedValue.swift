package import JSON

/// The JSON of a result's values.
package enum TypedValue {
    /// The JSON of a value that Athena sends as text.
    ///
    /// Whole numbers, floating-point numbers and truth values become JSON's own. A decimal stays text, so that no digit
    /// is lost; so do dates, times, arrays, maps and rows, and `NaN` and `Infinity`, which JSON does not have.
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

    /// Distinct names of columns: the second `id` becomes `id_2`.
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
