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

    /// The names of what is in a folder, in order and without hidden ones; nil when this is no folder.
    ///
    /// - Parameter followsLink: whether a link to a folder counts as one.
    package func names(followsLink: Bool) throws(Unreadable) -> [String]? {
        guard !isStandardInput else { return nil }
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW))
        guard file >= 0 else {
            // What else is wrong shows when the file is read.
            if errno == ENOTDIR || errno == ELOOP || errno == ENOENT { return nil }
            throw Unreadable()
        }
        guard let folder = fdopendir(file) else {
            close(file)
            throw Unreadable()
        }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
                bytes.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: bytes.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw Unreadable() }
        return names.sorted()
    }

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

    /// Replaces the file by a text. A reader sees the old contents or the new ones, and none in between.
    ///
    /// - Returns: nil, or the system's reason for a failure.
    package func replaceContents(by text: String) -> String? {
        let draft = path + ".part"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { return String(cString: strerror(errno)) }
        var text = text
        let problem = text.withUTF8 { FileWriting.write(UnsafeRawBufferPointer($0), to: file) }
        let isClosed = close(file) == 0
        if problem == nil, isClosed, rename(draft, path) == 0 { return nil }
        let reason = problem ?? String(cString: strerror(errno))
        unlink(draft)
        return reason
    }

    /// Reads the whole file as text, nil when it cannot be read or is not UTF-8.
    package func text() -> String? {
        (try? contents()).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
