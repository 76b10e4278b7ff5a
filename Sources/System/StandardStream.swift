import Glibc

/// Standard output and standard error without a buffer between: what was written is out, even when a crash follows.
package enum StandardStream: Int32, Sendable {
    /// For what was asked for; in Lambda, for log lines and metrics.
    case output = 1
    /// For what went wrong.
    case error = 2

    /// Writes a whole text.
    ///
    /// - Returns: nil, or the system's words for why it could not be written.
    @discardableResult
    package func write(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes all of some text in UTF-8.
    ///
    /// - Returns: nil, or the system's words for why it could not be written.
    @discardableResult
    package func write(_ text: UnsafeRawBufferPointer) -> String? {
        var rest = text
        while !rest.isEmpty {
            let count = Glibc.write(rawValue, rest.baseAddress, rest.count)
            if count < 0, errno != EINTR { return String(cString: strerror(errno)) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
        }
        return nil
    }
}
