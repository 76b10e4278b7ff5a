/// An absolute `http` or `https` URL, made once and read by its parts.
///
/// Path and query are percent-encoded already and go out byte for byte; a fragment, which servers never see, is dropped.
package struct URL: Sendable, Hashable {
    /// Scheme, host and port.
    package var origin: Origin
    /// The path, which begins with a slash.
    package private(set) var path: String
    /// The query without its question mark, empty for none.
    package private(set) var query: String

    /// Creates a URL from parts that are percent-encoded already.
    package init(origin: Origin, path: String = "/", query: String = "") {
        self.origin = origin
        self.path = path.utf8.first == UInt8(ascii: "/") ? path : "/\(path)"
        self.query = query
    }

    /// Reads a URL; nil when its origin cannot be read, or when it holds a control character.
    package init?(_ text: String) {
        guard let (origin, rest) = Origin.parse(text), !rest.contains(where: { $0 < 32 || $0 == 127 }) else {
            return nil
        }
        let target = rest.prefix { $0 != UInt8(ascii: "#") }
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        self.init(
            origin: origin,
            path: String(Substring(path)),
            query: String(Substring(target[path.endIndex...].dropFirst()))
        )
    }

    /// The URL with a path below this one's.
    ///
    /// - Parameters:
    ///   - path: the path to add, percent-encoded, with a slash at its beginning.
    ///   - query: the query of the new URL; this one's is dropped.
    package func appending(_ path: String, query: String = "") -> URL {
        let folder = self.path.hasSuffix("/") ? String(self.path.dropLast()) : self.path
        return URL(origin: origin, path: folder + path, query: query)
    }
}

extension URL: CustomStringConvertible {
    /// The whole URL as text.
    package var description: String {
        "\(origin)\(path)\(query.isEmpty ? "" : "?\(query)")"
    }
}
