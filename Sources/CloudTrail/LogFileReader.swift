/// Reads one CloudTrail log file, which comes in pieces, and finds the queries that were started.
///
/// Memory is bounded: one window of unpacked text, and one record where it crosses windows.
package struct LogFileReader: ~Copyable {
    /// The compression of the file.
    package enum Packing: Sendable {
        /// Gzip, as CloudTrail delivers.
        case gzip
        /// Gzip when the file begins with its magic number, else plain text.
        case detected
    }

    /// Counts of the records read so far.
    package struct Counts: Sendable, Equatable {
        /// All records.
        package internal(set) var records = 0
        /// Starts of queries.
        package internal(set) var queryStarts = 0
        /// Starts that Athena refused.
        package internal(set) var failedStarts = 0
        /// Records that cannot be read: not an object, too long, or a start without an id or a time.
        package internal(set) var malformed = 0

        /// Records of all other events.
        package var others: Int { records - queryStarts - failedStarts - malformed }

        /// Creates counts that are all zero.
        package init() {}
    }

    package private(set) var counts = Counts()

    private let packing: Packing
    private var unpacker: GzipStream?
    private var scanner = RecordScanner()
    private var hasBegun = false

    package init(packing: Packing = .gzip) {
        self.packing = packing
    }

    /// Reads the next piece.
    ///
    /// - Parameters:
    ///   - piece: the bytes that follow those of the previous call.
    ///   - found: takes each query start.
    /// - Throws: ``CloudTrailError``; the reader must not be used after it.
    package mutating func read(
        _ piece: UnsafeRawBufferPointer,
        found: (QueryStart) -> Void
    ) throws(CloudTrailError) {
        guard let first = piece.first else { return }
        if !hasBegun {
            hasBegun = true
            if packing == .gzip || first == 0x1F { unpacker = GzipStream() }
        }
        guard var unpacker = unpacker.take() else { return try scan(piece, found: found) }
        var failure: CloudTrailError?
        do throws(CloudTrailError) {
            try unpacker.unpack(piece) { window throws(CloudTrailError) in try scan(window, found: found) }
        } catch {
            failure = error
        }
        self.unpacker = consume unpacker
        if let failure { throw failure }
    }

    /// Checks that the file was complete.
    package mutating func finish() throws(CloudTrailError) {
        if let unpacker = unpacker.take() {
            try unpacker.finish()
        } else if packing == .gzip {
            throw .truncated
        }
        try scanner.finish()
    }

    private mutating func scan(
        _ window: UnsafeRawBufferPointer,
        found: (QueryStart) -> Void
    ) throws(CloudTrailError) {
        var counts = counts
        let skippedBefore = scanner.skippedCount
        defer {
            counts.malformed += scanner.skippedCount - skippedBefore
            counts.records = scanner.recordCount
            self.counts = counts
        }
        try scanner.scan(window) { record in
            // A record with broken JSON counts as malformed.
            switch QueryStartRecord(JSONText(record))?.meaning ?? .malformed {
            case .queryStart(let start):
                counts.queryStarts += 1
                found(start)
            case .failedStart: counts.failedStarts += 1
            case .other: break
            case .malformed: counts.malformed += 1
            }
        }
    }
}
