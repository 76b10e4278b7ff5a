import Glibc

/// A file on this machine.
package struct LocalFile {
    private static let pieceLength = 64 << 10

    private let path: String
    private let isStandardInput: Bool

    /// Names a file, whether or not it exists.
    package init(path: String) {
        self.path = path
        isStandardInput = false
    }

    /// Names a file as people do on the command line, where `-` is standard input.
    package init(argument: String) {
        path = argument
        isStandardInput = argument == "-"
    }

    /// Why a file cannot be read, in the system's words.
    package struct Unreadable: Error, CustomStringConvertible {
        /// The reason.
        package let description: String

        fileprivate init() {
            // Of what this opens itself, the system does not say so.
            description = errno == EBADF ? "standard input is closed" : String(cString: strerror(errno))
        }
    }

    /// Whether there is a file or folder.
    package var exists: Bool { isStandardInput || access(path, F_OK) == 0 }

    /// Reads the file in pieces to its end, or until nobody wants more.
    ///
    /// - Parameter take: takes each piece and says whether to go on.
    package func read(_ take: (UnsafeRawBufferPointer) -> Bool) throws(Unreadable) {
        // Not /dev/stdin: a socket cannot be opened by its name.
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

    /// Reads the whole file.
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
