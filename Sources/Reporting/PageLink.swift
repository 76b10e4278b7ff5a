package import Time
import Web

/// Links to pages that only the holder of the secret can make, and that end by themselves.
package struct PageLink: Sendable {
    /// The time for which a link opens its page.
    package static let lifetime = Duration.days(35)
    /// The shortest secret that cannot be guessed from a link.
    package static let shortestSecret = 32

    private let secret: String

    package init(secret: String) {
        self.secret = secret
    }

    /// The path and the query of the link to a page, which follow the address of the server.
    package func target(of period: Period, at now: Timestamp) -> String {
        let path = Self.path(of: period)
        let end = (now + Self.lifetime).secondsSince1970
        return "\(path)?expires=\(end)&signature=\(code(path, end).hexadecimal)"
    }

    /// The period whose page a request may see; nil when its link is expired, altered, of another page or of another
    /// secret.
    ///
    /// - Parameters:
    ///   - path: the path of the request.
    ///   - query: the query of the request, without its question mark.
    ///   - now: the time of the request.
    package func period(path: String, query: String, at now: Timestamp) -> Period? {
        let parts = query.split(separator: "&", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("expires="), parts[1].hasPrefix("signature="),
            let end = Int64(parts[0].dropFirst("expires=".count)),
            code(path, end).matches(String(parts[1].dropFirst("signature=".count))), now.secondsSince1970 < end
        else { return nil }
        return Self.period(of: path)
    }

    private func code(_ path: String, _ end: Int64) -> MessageCode {
        MessageCode(of: "\(path)\n\(end)", key: secret)
    }

    private static func path(of period: Period) -> String { "/\(period.kind.rawValue)/\(period.name).html" }

    private static func period(of path: String) -> Period? {
        for kind in Period.Kind.allCases {
            let beginning = "/\(kind.rawValue)/"
            guard path.hasPrefix(beginning), path.hasSuffix(".html") else { continue }
            return Period(kind, named: String(path.dropFirst(beginning.count).dropLast(".html".count)))
        }
        return nil
    }
}
