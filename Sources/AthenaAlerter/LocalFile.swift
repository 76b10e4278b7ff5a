import Glibc

/// A file on this machine, or standard input by the name `-`.
struct LocalFile {
    private static let pieceLength = 256 << 10

    let path: String

    /// Why a file cannot be read, in the system's words.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String

        fileprivate init() { description = String(cString: strerror(errno)) }
    }

    /// Reads the file in pieces to its end, or until nobody wants more.
    ///
    /// - Parameter take: takes each piece and says whether to go on.
    func read(_ take: (UnsafeRawBufferPointer) -> Bool) throws(Unreadable) {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Unreadable() }
        defer { if file != STDIN_FILENO { close(file) } }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable() }
            guard count > 0, take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }
}
