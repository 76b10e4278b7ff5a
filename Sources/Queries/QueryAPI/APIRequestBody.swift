import JSON

/// The members of a request's body, some of which have two names.
struct APIRequestBody {
    private let document: JSONValue

    /// Parses a body.
    ///
    /// - Parameter known: the names that members may have.
    init(_ bytes: [UInt8], members known: [String]) throws(QueryFailure) {
        do throws(JSONError) {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw QueryFailure(.invalidRequest("the body is \(error)"))
        }
        guard case .object(let members) = document else {
            throw QueryFailure(.invalidRequest("the body is \(document.kind), and not an object"))
        }
        if let stranger = members.first(where: { !known.contains($0.name) }) {
            let problem = "there is no member '\(stranger.name.excerpt)'; there are \(known.joined(separator: ", "))"
            throw QueryFailure(.invalidRequest(problem))
        }
    }

    /// The one member that has one of these names, nil for null.
    private func member(_ names: [String]) throws(QueryFailure) -> JSONValue? {
        let values = names.compactMap { document[$0] }
        guard values.count <= 1 else {
            let problem = "expected one of \(names.joined(separator: ", ")), found both"
            throw QueryFailure(.invalidRequest(problem))
        }
        return values.first == .null ? nil : values.first
    }

    func text(_ names: String...) throws(QueryFailure) -> String? {
        guard let value = try member(names) else { return nil }
        guard let text = value.string else {
            throw QueryFailure(.invalidRequest("\(names[0]): expected a text, found \(value.found)"))
        }
        return text
    }

    func number(_ names: String..., in range: ClosedRange<Int64>) throws(QueryFailure) -> Int64? {
        guard let value = try member(names) else { return nil }
        switch value {
        case .integer(let number) where range.contains(number): return number
        // To JSON 10.0 is a whole number.
        case .number(let number):
            if let whole = Int64(exactly: number), range.contains(whole) { return whole }
        default: break
        }
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        throw QueryFailure(.invalidRequest("\(names[0]): expected \(expected), found \(value.found)"))
    }
}
