import Web

/// The parts of a URL in the form that a signature covers.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
extension URL {
    /// The path without empty and dot segments (RFC 3986, section 5.2.4, as AWS applies it).
    var normalizedPath: String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        return "/" + segments.joined(separator: "/") + (path.hasSuffix("/") && !segments.isEmpty ? "/" : "")
    }

    /// The query's parameters sorted by name, then value, each with its equals sign.
    var canonicalQuery: String {
        guard !query.isEmpty else { return "" }
        let parameters: [(name: String, value: String)] = query.split(separator: "&", omittingEmptySubsequences: false)
            .map { parameter in
                let name = parameter.prefix { $0 != "=" }
                return (name: String(name), value: String(parameter.dropFirst(name.count + 1)))
            }
        return parameters.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }
}
