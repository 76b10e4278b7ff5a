import Glibc

/// Standard output and standard error without a buffer between: what was written is out, even when a crash follows.
public enum StandardStream: Int32, Sendable {
    /// For what was asked for; in Lambda, for log lines and metrics.
    case output = 1
    /// For what went wrong.
    case error = 2

    /// Writes a whole text.
    ///
    /// - Returns: nil, or the system's words for why it could not be written.
    @discardableResult
    public func write(_ text: String) -> String? {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return String(cString: strerror(errno)) }
            rest = rest.dropFirst(max(0, count))
        }
        return nil
    }
}
