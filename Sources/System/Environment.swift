@preconcurrency import Glibc

/// Environment variables. A variable that is empty counts as not set.
package struct Environment: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private var variables: [String: String] = [:]

    package init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// Creates an environment from names and values; the first value of a name counts.
    package init(dictionaryLiteral elements: (String, String)...) {
        variables = Dictionary(elements) { first, _ in first }
    }

    /// The value of a variable that is set and not empty.
    package subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The environment of this process as it is now.
    package static func process() -> Environment {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            next = next.successor()
            guard let sign = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
            let name = UnsafeRawBufferPointer(start: entry, count: sign - entry)
            let variable = String(decoding: name, as: UTF8.self)
            // The first of two equal names counts, as for getenv.
            if variables[variable] == nil { variables[variable] = String(cString: sign + 1) }
        }
        return Environment(variables)
    }
}
