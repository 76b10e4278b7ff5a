/// Reads one CloudTrail log file that comes in pieces and finds the queries that were started.
///
/// Memory is bounded: one window of unpacked text, and one record where it crosses windows.
package struct LogFileReader: ~Copyable {
    /// How the file is packed.
    package enum Packing: Sendable {
        /// Gzip, as CloudTrail delivers.
        case gzip
        /// Gzip when it begins so, else plain text.
        case detected
    }

    /// What a file held so far.
    package struct Counts: Sendable, Equatable {
        /// All records.
        package internal(set) var records = 0
        /// Starts of queries.
        package internal(set) var queryStarts = 0
        /// Starts that Athena refused.
        package internal(set) var failedStarts = 0
        /// Records that cannot be read: no objects, too long, or starts without an id or a time.
        package internal(set) var malformed = 0

        /// Records of anything else.
        package var others: Int { records - queryStarts - failedStarts - malformed }

        /// Creates counts of nothing.
        package init() {}
    }

    /// What the file held so far.
    package private(set) var counts = Counts()

    private let packing: Packing
    private var unpacker: GzipStream?
    private var scanner = RecordScanner()
    private var hasBegun = false

    /// Creates a reader of one file.
    package init(packing: Packing = .gzip) {
        self.packing = packing
    }

    /// Reads the next piece.
    ///
    /// - Parameters:
    ///   - piece: the bytes that follow those of the last call.
    ///   - found: takes each query start.
    /// - Throws: ``CloudTrailError``; the reader is of no use after that.
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
            // A record that is broken is no start that anyone could read.
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
