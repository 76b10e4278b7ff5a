/// Reads one file of CloudTrail records, which comes in pieces, and finds the queries that were started or stopped.
///
/// The file may be gzipped, and have its records in each form that ``RecordArray`` and ``DocumentForm`` know. Memory is
/// bounded: one window of unpacked text, and one record where it crosses windows or is a text in another.
package struct LogFileReader: ~Copyable {
    /// The kinds of files that CloudTrail delivers.
    package enum Contents: Sendable {
        /// Records of calls.
        case log
        /// A list of log files with their hashes.
        case digest
        /// Remarks on unusual activity.
        case insights
    }

    /// Counts of the records read so far.
    package struct Counts: Sendable, Equatable {
        /// All records.
        package internal(set) var records = 0
        /// Starts of queries.
        package internal(set) var queryStarts = 0
        /// Starts that Athena refused.
        package internal(set) var failedStarts = 0
        /// Records that cannot be read: none of CloudTrail, too long, or a start without an id or a time.
        package internal(set) var malformed = 0

        /// Records of all other events.
        package var others: Int { records - queryStarts - failedStarts - malformed }

        /// Creates counts that are all zero.
        package init() {}
    }

    /// The counts so far.
    package var counts: Counts { records.counts }

    private let library: Inflater.Library
    private var unpacker: GzipStream?
    private var scanner = RecordScanner()
    private var records = RecordReader()
    private var hasBegun = false

    /// Creates a reader.
    ///
    /// - Parameter library: the library that unpacks gzip data.
    package init(inflatingWith library: Inflater.Library = .fastest) { self.library = library }

    /// Reads the next piece.
    ///
    /// - Parameters:
    ///   - piece: the bytes that follow those of the previous call.
    ///   - found: takes each query start.
    ///   - stopped: takes each request to stop a query. Its record counts as another event's.
    /// - Throws: ``CloudTrailError``; the reader must not be used after it.
    package mutating func read(
        _ piece: UnsafeRawBufferPointer,
        found: (QueryStart) -> Void,
        stopped: (QueryStop) -> Void = { _ in }
    ) throws(CloudTrailError) {
        try readCalls(piece) { call in
            switch call {
            case .start(let start): found(start)
            case .stop(let stop): stopped(stop)
            }
        }
    }

    private mutating func readCalls(
        _ piece: UnsafeRawBufferPointer,
        found: (QueryCall) -> Void
    ) throws(CloudTrailError) {
        guard let first = piece.first else { return }
        if !hasBegun {
            hasBegun = true
            if first == GzipHeader.magic.first { unpacker = GzipStream(inflatingWith: library) }
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

    /// Checks that the file was complete, and returns what it held.
    package mutating func finish() throws(CloudTrailError) -> Contents {
        if let unpacker = unpacker.take() { try unpacker.finish() }
        try scanner.finish()
        return try records.finish()
    }

    private mutating func scan(
        _ window: UnsafeRawBufferPointer,
        found: (QueryCall) -> Void
    ) throws(CloudTrailError) {
        var records = records
        let passedBefore = scanner.passedCount
        defer {
            records.pass(scanner.passedCount - passedBefore)
            self.records = records
        }
        try scanner.scan(window) { part in records.take(part, found: found) }
    }
}
