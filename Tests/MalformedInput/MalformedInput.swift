package import JSON

/// Texts that no client and no service should send, for the tests of everything that reads them.
package enum MalformedInput {
    /// Arrays that nest deeper than the parser allows.
    package static let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)

    /// A text that is longer than any error shows.
    package static let long = String(repeating: "x", count: 300_000)

    /// Texts that are not JSON.
    package static let notJSON = ["", " ", "x", "{", "{'a':1}", "<html>", #"{"QueryExecutionId": "x""#, deep]

    /// Texts that are not an object in JSON, and the empty object.
    package static let withoutMembers = notJSON + ["null", "7", "[]", "true", "{}", "\u{FEFF}{}"]

    /// Statuses with which a service refuses a request.
    package static let refusals = [301, 302, 400, 404, 418, 500, 503]

    /// Bodies of refusals that name no known error.
    package static let errors = [
        "", "x", "{}", "[]", #"{"__type": 7, "message": []}"#,
        #"{"__type": "\u0000\n", "Message": ""# + String(repeating: "x", count: 100_000) + #""}"#, "<Error>",
    ]
}

extension JSONValue {
    /// This value with another one at a path of names; nil removes the member.
    package func replacing(_ path: String..., with value: JSONValue?) -> JSONValue {
        replacing(path[...], with: value)
    }

    private func replacing(_ path: ArraySlice<String>, with value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        guard case .object(let members) = self else { return self }
        let others = members.filter { $0.name != name }
        let rest = path.dropFirst()
        if rest.isEmpty { return .object(others + (value.map { [Member(name, $0)] } ?? [])) }
        return .object(others + [Member(name, (self[name] ?? [:]).replacing(rest, with: value))])
    }
}
