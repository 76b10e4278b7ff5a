/// A text that is not the JSON that was expected.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    /// The text breaks JSON's grammar, or nests deeper than the parser allows; holds the place and the mistake.
    case invalid(String)
    /// A value is missing or of the wrong kind; the place is empty for the document as a whole.
    case unexpected(place: String, problem: String)

    package var description: String {
        switch self {
        case .invalid(let reason): "not valid JSON: \(reason)"
        case .unexpected(let place, let problem): place.isEmpty ? problem : "\(place): \(problem)"
        }
    }

    /// The same error with its place seen from the enclosing value.
    func within(_ name: String) -> JSONError {
        guard case .unexpected(let place, let problem) = self else { return self }
        let separator = place.isEmpty || place.hasPrefix("[") ? "" : "."
        return .unexpected(place: name + separator + place, problem: problem)
    }
}
