package import CloudTrail

/// Reads a file of lines, gzipped or not, that comes in pieces.
package struct LineReader: ~Copyable {
    /// A line of the history has at most the SQL that Athena takes, and little more.
    private static let longestLine = 4 << 20

    private var unpacker: GzipStream?
    private var hasBegun = false
    private var rest: [UInt8] = []

    package init() {}

    /// Reads the next piece.
    ///
    /// - Parameters:
    ///   - piece: the bytes that follow those of the previous call.
    ///   - take: takes each line that is not empty, without its end.
    /// - Throws: ``CloudTrailError``; the reader must not be used after it.
    package mutating func read(
        _ piece: UnsafeRawBufferPointer,
        take: (ArraySlice<UInt8>) -> Void
    ) throws(CloudTrailError) {
        if !hasBegun, let first = piece.first {
            hasBegun = true
            if first == 0x1F { unpacker = GzipStream() }
        }
        guard var unpacker = unpacker.take() else { return try split(piece, take) }
        var failure: CloudTrailError?
        do throws(CloudTrailError) {
            try unpacker.unpack(piece) { window throws(CloudTrailError) in try split(window, take) }
        } catch {
            failure = error
        }
        self.unpacker = consume unpacker
        if let failure { throw failure }
    }

    /// Takes the last line, and checks that the file was complete.
    package mutating func finish(take: (ArraySlice<UInt8>) -> Void) throws(CloudTrailError) {
        if let unpacker = unpacker.take() { try unpacker.finish() }
        if !rest.isEmpty { take(rest[...]) }
        rest = []
    }

    private mutating func split(
        _ window: UnsafeRawBufferPointer,
        _ take: (ArraySlice<UInt8>) -> Void
    ) throws(CloudTrailError) {
        rest.append(contentsOf: window)
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if end > start { take(rest[start..<end]) }
            start = end + 1
        }
        rest.removeFirst(start)
        guard rest.count <= Self.longestLine else { throw .damaged("a line is longer than \(Self.longestLine) bytes") }
    }
}
