/// The scheme, host and port of a URL, read strictly: for deciding what may be sent there.
package struct Origin: Sendable, Equatable {
    /// `http` or `https`.
    package let scheme: String
    /// The host as written; IPv6 addresses in brackets.
    package let host: String

    /// Reads the origin of a URL; nil when it has a user name, an odd port, or another scheme.
    package init?(_ url: String) {
        guard let scheme = ["https", "http"].first(where: { url.hasPrefix("\($0)://") }) else { return nil }
        let authority = url.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
        let host = authority.first == "[" ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        let port = authority.dropFirst(host.count)
        guard authority.hasPrefix(host), !host.isEmpty, !authority.contains(where: { "@\\ ".contains($0) }),
            port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()) != nil)
        else { return nil }
        self.scheme = scheme
        self.host = String(host)
    }

    /// Whether what is sent there cannot be read on the way: it is encrypted, or does not leave this machine.
    package var isConfidential: Bool { scheme == "https" || isLoopback }

    /// Whether the host is this machine: `localhost`, `[::1]`, or four numbers of which the first is 127.
    package var isLoopback: Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "[::1]" || (isAddress && labels[0] == "127")
    }
}
