import Glibc

/// Standard output and standard error, unbuffered: a crash loses nothing that was written before.
package enum StandardStream: Int32, Sendable {
    /// The stream of results; in Lambda, of log lines and metrics.
    case output = 1
    /// The stream of errors and progress.
    case error = 2

    /// Writes a whole text.
    ///
    /// - Returns: nil, or the system's reason for a failure.
    @discardableResult
    package func write(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a whole text in UTF-8.
    ///
    /// - Returns: nil, or the system's reason for a failure.
    @discardableResult
    package func write(_ text: UnsafeRawBufferPointer) -> String? {
        FileWriting.write(text, to: rawValue)
    }
}

/// Writing to an open file.
enum FileWriting {
    /// Writes all of some bytes, in as many steps as the system needs.
    ///
    /// - Returns: nil, or the system's reason for a failure.
    static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> String? {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0, errno != EINTR { return String(cString: strerror(errno)) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
        }
        return nil
    }
}
