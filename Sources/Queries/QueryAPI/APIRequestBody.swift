import JSON

/// The members of a request's body, some of which have two names.
struct APIRequestBody {
    private let document: JSONValue

    init(_ bytes: [UInt8], members known: [String]) throws(QueryFailure) {
        do throws(JSONError) {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw .invalid("the body is \(error)")
        }
        guard case .object(let members) = document else {
            throw .invalid("the body is \(document.kind), and not an object")
        }
        if let stranger = members.first(where: { !known.contains($0.name) }) {
            throw .invalid("there is no member '\(stranger.name)'; there are \(known.joined(separator: ", "))")
        }
    }

    /// The one member that has one of these names, nil for null.
    private func member(_ names: [String]) throws(QueryFailure) -> JSONValue? {
        let values = names.compactMap { document[$0] }
        guard values.count <= 1 else { throw .invalid("expected one of \(names.joined(separator: ", ")), found both") }
        return values.first == .null ? nil : values.first
    }

    func text(_ names: String...) throws(QueryFailure) -> String? {
        guard let value = try member(names) else { return nil }
        guard let text = value.string else { throw .invalid("\(names[0]): expected a text, found \(value.kind)") }
        return text
    }

    func number(_ names: String..., in range: ClosedRange<Int64>) throws(QueryFailure) -> Int64? {
        switch try member(names) {
        case nil: return nil
        case .integer(let number) where range.contains(number): return number
        // To JSON 10.0 is a whole number.
        case .number(let value):
            if let number = Int64(exactly: value), range.contains(number) { return number }
        default: break
        }
        throw .invalid("\(names[0]): expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
}
