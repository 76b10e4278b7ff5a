/// An error that left a request without a whole answer. The text is libcurl's or names the limit, never a header or a body.
package enum HTTPError: Error, Equatable, Sendable {
    /// The URL, a header field or an option cannot be sent.
    case invalidRequest(String)
    /// The server was never reached, so the request had no effect.
    case unreachable(String)
    /// The server's certificate could not be verified; nothing was sent.
    case untrusted(String)
    /// Time ran out; the request may have taken effect.
    case timedOut(String)
    /// The connection broke or the answer was cut short; the request may have taken effect.
    case connectionLost(String)
    /// The body is longer than the limit, in bytes.
    case tooLarge(limit: Int)
    /// The sink declined the rest of the body.
    case refusedBySink
}

extension HTTPError: CustomStringConvertible {
    /// The error as text.
    package var description: String {
        switch self {
        case .invalidRequest(let reason): "the request cannot be sent: \(reason)"
        case .unreachable(let reason): "the server cannot be reached: \(reason)"
        case .untrusted(let reason): "the server's certificate is not trusted: \(reason)"
        case .timedOut(let reason): "no answer in time: \(reason)"
        case .connectionLost(let reason): "the connection was lost: \(reason)"
        case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .refusedBySink: "the rest of the answer was declined"
        }
    }
}
