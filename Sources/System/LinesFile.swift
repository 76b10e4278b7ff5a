import Glibc

/// A file of lines that grows at its end. What a process wrote before it was killed is there in the next one, without
/// the line that was cut off.
package final class LinesFile {
    private static let pieceLength = 64 << 10

    private let descriptor: Int32

    /// A file that cannot be opened, read or written, described in the system's words.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        fileprivate init(_ path: String = "") {
            description = (path.isEmpty ? "" : path + ": ") + String(cString: strerror(errno))
        }
    }

    /// Opens a file, or creates one that only its owner can read.
    package init(path: String) throws(Failure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(path) }
    }

    deinit { close(descriptor) }

    /// Reads all whole lines, and removes what follows the last of them.
    ///
    /// - Parameter take: takes each line without its break, and returns whether to go on.
    package func read(_ take: (ArraySlice<UInt8>) -> Bool) throws(Failure) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw Failure() }
        var rest: [UInt8] = []
        var end: off_t = 0
        var buffer = [UInt8](repeating: 0, count: Self.pieceLength)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure() }
            guard count > 0 else { break }
            rest += buffer[..<count]
            var start = rest.startIndex
            while let line = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                guard take(rest[start..<line]) else { return }
                end += off_t(line - start + 1)
                start = line + 1
            }
            rest.removeFirst(start)
        }
        guard rest.isEmpty || ftruncate(descriptor, end) == 0 else { throw Failure() }
    }

    /// Appends a line.
    package func append(_ line: String) throws(Failure) {
        var line = line + "\n"
        let isWritten = line.withUTF8 { text in
            var rest = UnsafeRawBufferPointer(text)
            while !rest.isEmpty {
                let count = write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno != EINTR { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
            }
            return true
        }
        guard isWritten else { throw Failure() }
    }
}
