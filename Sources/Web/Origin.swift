/// The scheme, host and port of a URL, read strictly: for deciding what may be sent there.
package struct Origin: Sendable, Hashable {
    /// The two protocols that a URL of this program may name.
    package enum Scheme: String, Sendable {
        /// Plain text.
        case http
        /// TLS.
        case https

        /// The port that a URL of this scheme leaves out.
        package var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    /// The protocol.
    package let scheme: Scheme
    /// The host as written; IPv6 addresses in brackets.
    package let host: String
    /// The port, nil for the scheme's own.
    package let port: UInt16?

    /// Creates an origin.
    package init(scheme: Scheme, host: String, port: UInt16? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port == scheme.defaultPort ? nil : port
    }

    /// Reads the origin of a URL; nil when it has a user name, an invalid port, or another scheme.
    package init?(_ url: String) {
        guard let (origin, _) = Self.parse(url) else { return nil }
        self = origin
    }

    /// Host and, unless it is the scheme's own, port: the value of the `Host` header field.
    package var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// Whether what is sent there cannot be read on the way: it is encrypted, or does not leave this machine.
    package var isConfidential: Bool { scheme == .https || isLoopback }

    /// Whether the host is this machine: `localhost`, `[::1]`, or four numbers of which the first is 127.
    package var isLoopback: Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "[::1]" || (isAddress && labels[0] == "127")
    }

    /// Takes the origin off the beginning of a URL.
    ///
    /// - Returns: the origin and what follows it, nil when the URL does not begin with an origin.
    static func parse(_ url: String) -> (origin: Origin, rest: Substring.UTF8View)? {
        guard let scheme = [Scheme.https, .http].first(where: { url.utf8.starts(with: "\($0.rawValue)://".utf8) })
        else { return nil }
        // By bytes, as libcurl reads it: a character may join a delimiter to the accent that follows.
        let afterScheme = url.utf8.dropFirst(scheme.rawValue.utf8.count + 3)
        let authority = afterScheme.prefix { !"/?#".utf8.contains($0) }
        let isBracketed = authority.first == UInt8(ascii: "[")
        let end = authority.firstIndex(of: UInt8(ascii: isBracketed ? "]" : ":"))
        let host = isBracketed ? end.map { authority[...$0] } : authority[..<(end ?? authority.endIndex)]
        guard let host, !host.isEmpty,
            !authority.contains(where: { "@\\".utf8.contains($0) || $0 <= UInt8(ascii: " ") || $0 == 127 })
        else { return nil }
        let afterHost = authority[host.endIndex...]
        let digits = afterHost.dropFirst()
        guard afterHost.isEmpty || afterHost.first == UInt8(ascii: ":"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let port = UInt16(Substring(digits))
        guard afterHost.isEmpty || port != nil else { return nil }
        let origin = Origin(scheme: scheme, host: String(Substring(host)), port: port)
        return (origin, afterScheme[authority.endIndex...])
    }
}

extension Origin: CustomStringConvertible {
    /// The origin as the beginning of a URL, without a slash at its end.
    package var description: String { "\(scheme.rawValue)://\(authority)" }
}
