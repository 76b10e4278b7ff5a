/// Why a text is not the JSON that was expected.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    /// The text breaks JSON's grammar, or nests deeper than the parser allows; says where.
    case invalid(String)
    /// A value is missing or of another kind than it has to be; the place is empty for the document as a whole.
    case unexpected(place: String, problem: String)

    /// The error in plain words.
    package var description: String {
        switch self {
        case .invalid(let reason): "not valid JSON: \(reason)"
        case .unexpected(let place, let problem): place.isEmpty ? problem : "\(place): \(problem)"
        }
    }

    /// The same error, seen from the value that holds the one in which it is.
    func within(_ name: String) -> JSONError {
        guard case .unexpected(let place, let problem) = self else { return self }
        let separator = place.isEmpty || place.hasPrefix("[") ? "" : "."
        return .unexpected(place: name + separator + place, problem: problem)
    }
}
