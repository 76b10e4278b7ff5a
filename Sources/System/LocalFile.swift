import Glibc

/// A file of this machine, or standard input.
package struct LocalFile {
    private static let pieceLength = 64 << 10

    private let path: String
    private let isStandardInput: Bool

    /// Names a file, whether or not it exists.
    package init(path: String) {
        self.path = path
        isStandardInput = false
    }

    /// Names a file by an argument of the command line, where `-` is standard input.
    package init(argument: String) {
        path = argument
        isStandardInput = argument == "-"
    }

    /// A file that cannot be read, described in the system's words.
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String

        fileprivate init() {
            // Only a closed standard input gives this error: a file that was opened here has a valid descriptor.
            description = errno == EBADF ? "standard input is closed" : String(cString: strerror(errno))
        }
    }

    /// Whether the path leads to a file or folder, or this is standard input.
    package var exists: Bool { isStandardInput || access(path, F_OK) == 0 }

    /// Reads the file in pieces, to its end or until `take` returns false.
    ///
    /// - Parameter take: takes each piece and returns whether to go on.
    package func read(_ take: (UnsafeRawBufferPointer) -> Bool) throws(Unreadable) {
        // Not by opening /dev/stdin, which fails when standard input is a socket.
        let file = isStandardInput ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Unreadable() }
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable() }
            guard count > 0, take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }

    package func contents() throws(Unreadable) -> [UInt8] {
        var contents: [UInt8] = []
        try read {
            contents.append(contentsOf: $0)
            return true
        }
        return contents
    }

    /// Reads the whole file as text, nil when it cannot be read or is not UTF-8.
    package func text() -> String? {
        (try? contents()).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
