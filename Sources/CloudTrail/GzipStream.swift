/// Unpacks gzip data that comes in pieces, in memory that does not grow with it.
///
/// A file may have several members (RFC 1952). Bytes after the last member are ignored, as gzip(1) does: the checksums
/// of all unpacked data have been verified by then.
package struct GzipStream: ~Copyable {
    /// The largest log file has 50 MB and unpacks to some hundreds; event ids alone keep real files far below this
    /// ratio.
    private static let plausibleLength = 64 << 20
    private static let maximumRatio = 400
    private static let maximumLength = 4 << 30
    private static let windowLength = 128 << 10

    private enum State {
        case betweenMembers
        case afterFirstMagicByte
        case inHeader(GzipHeader)
        case inData
        case inTrailer(LittleEndianNumber)
        case afterMembers
    }

    private var inflater: Inflater
    private let window: UnsafeMutableRawBufferPointer
    private var state = State.betweenMembers
    private var hasMember = false
    private var compressedLength = 0
    private var unpackedLength = 0
    private var memberLength = 0

    package init(inflatingWith library: Inflater.Library = .fastest) {
        inflater = Inflater(library)
        window = .allocate(byteCount: Self.windowLength, alignment: 16)
    }

    deinit { window.deallocate() }

    /// Unpacks the next piece.
    ///
    /// - Parameters:
    ///   - piece: the bytes that follow those of the previous call.
    ///   - consume: takes each unpacked window, which is valid only during the call.
    package mutating func unpack(
        _ piece: UnsafeRawBufferPointer,
        consume: (UnsafeRawBufferPointer) throws(CloudTrailError) -> Void
    ) throws(CloudTrailError) {
        compressedLength += piece.count
        var rest = piece[...]
        while let byte = rest.first {
            switch state {
            case .inData:
                let used = try inflate(UnsafeRawBufferPointer(rebasing: rest), consume: consume)
                rest = rest.dropFirst(used)
            case .betweenMembers where byte != GzipHeader.magic.first,
                .afterFirstMagicByte where byte != GzipHeader.magic.second:
                guard hasMember else { throw .notGzip }
                state = .afterMembers
            case .afterMembers:
                return
            case .betweenMembers, .afterFirstMagicByte, .inHeader, .inTrailer:
                try take(byte)
                rest = rest.dropFirst()
            }
        }
    }

    /// Checks that the data ended after a whole member.
    package func finish() throws(CloudTrailError) {
        guard hasMember || compressedLength > 1 else { throw compressedLength == 0 ? .truncated : .notGzip }
        switch state {
        case .inHeader, .inData, .inTrailer: throw .truncated
        case .betweenMembers, .afterFirstMagicByte, .afterMembers: break
        }
    }

    /// Takes a byte around the data of a member.
    private mutating func take(_ byte: UInt8) throws(CloudTrailError) {
        switch state {
        case .betweenMembers:
            state = .afterFirstMagicByte
        case .afterFirstMagicByte:
            state = .inHeader(GzipHeader())
            hasMember = true
        case .inHeader(var header):
            try header.take(byte)
            state = header.isComplete ? .inData : .inHeader(header)
            guard header.isComplete else { return }
            inflater.restart()
            memberLength = 0
        case .inTrailer(var trailer):
            trailer.append(byte)
            state = trailer.count == 8 ? .betweenMembers : .inTrailer(trailer)
            try check(trailer)
        case .inData, .afterMembers:
            break
        }
    }

    /// Checks each number of a trailer at its last byte: the checksum, then the length.
    private func check(_ trailer: LittleEndianNumber) throws(CloudTrailError) {
        if trailer.count == 4, trailer.value != inflater.checksum { throw .damaged("incorrect data check") }
        if trailer.count == 8, trailer.value >> 32 != UInt32(truncatingIfNeeded: memberLength) {
            throw .damaged("incorrect length check")
        }
    }

    /// Inflates until the input is used up or the data of the member ends.
    ///
    /// - Returns: the number of bytes of input that were used.
    private mutating func inflate(
        _ input: UnsafeRawBufferPointer,
        consume: (UnsafeRawBufferPointer) throws(CloudTrailError) -> Void
    ) throws(CloudTrailError) -> Int {
        var used = 0
        var isFull = false
        while used < input.count || isFull {
            let step = inflater.inflate(UnsafeRawBufferPointer(rebasing: input[used...]), into: window)
            used += step.used
            isFull = step.unpacked == window.count
            try count(unpacked: step.unpacked)
            if step.unpacked > 0 { try consume(UnsafeRawBufferPointer(rebasing: window[..<step.unpacked])) }
            switch step.outcome {
            case .goesOn:
                continue
            case .ended where used >= 0:
                state = .inTrailer(LittleEndianNumber())
                return used
            case .ended, .invalid:
                throw .damaged("invalid deflate data")
            }
        }
        return used
    }

    private mutating func count(unpacked count: Int) throws(CloudTrailError) {
        unpackedLength += count
        memberLength += count
        let isImplausible =
            unpackedLength > Self.plausibleLength && unpackedLength / Self.maximumRatio > compressedLength
        if isImplausible || unpackedLength > Self.maximumLength {
            throw .bomb(compressed: compressedLength, unpacked: unpackedLength)
        }
    }
}
