import Czlib

/// Unpacks gzip data that comes in pieces, in memory that does not grow with it.
///
/// A file may have several members (RFC 1952). Bytes after the last member are ignored, as gzip(1) does: the checksums
/// of all unpacked data have been verified by then.
struct GzipStream: ~Copyable {
    /// The first byte of gzip's magic number, with which no text begins.
    static let firstByte: UInt8 = 0x1F
    private static let secondByte: UInt8 = 0x8B

    /// The largest log file has 50 MB and unpacks to some hundreds; event ids alone keep real files far below this
    /// ratio.
    private static let plausibleLength = 64 << 20
    private static let maximumRatio = 400
    private static let maximumLength = 4 << 30
    private static let windowLength = 128 << 10

    private enum State {
        case inMember
        case betweenMembers
        case afterFirstMagicByte
        case inTrailer
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let window: UnsafeMutableRawBufferPointer
    private var state = State.betweenMembers
    private var hasMember = false
    private var compressedLength = 0
    private var unpackedLength = 0

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        window = .allocate(byteCount: Self.windowLength, alignment: 16)
        // Fails only when memory runs out; inflate then reports an unusable stream.
        _ = Czlib_gzip_inflate_init(stream)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        window.deallocate()
    }

    /// Unpacks the next piece.
    ///
    /// - Parameters:
    ///   - piece: the bytes that follow those of the previous call.
    ///   - consume: takes each unpacked window, which is valid only during the call.
    mutating func unpack(
        _ piece: UnsafeRawBufferPointer,
        consume: (UnsafeRawBufferPointer) throws(CloudTrailError) -> Void
    ) throws(CloudTrailError) {
        compressedLength += piece.count
        var rest = piece[...]
        while let byte = rest.first {
            switch state {
            case .inMember:
                let used = try inflateWindow(UnsafeRawBufferPointer(rebasing: rest), consume: consume)
                rest = rest.dropFirst(used)
            case .betweenMembers where byte == Self.firstByte:
                state = .afterFirstMagicByte
                rest = rest.dropFirst()
            case .afterFirstMagicByte where byte == Self.secondByte:
                try beginMember(consume: consume)
                rest = rest.dropFirst()
            case .betweenMembers, .afterFirstMagicByte:
                guard hasMember else { throw .notGzip }
                state = .inTrailer
            case .inTrailer:
                return
            }
        }
    }

    /// Checks that the data ended after a whole member.
    func finish() throws(CloudTrailError) {
        guard hasMember || compressedLength > 1 else { throw compressedLength == 0 ? .truncated : .notGzip }
        guard state != .inMember else { throw .truncated }
    }

    private mutating func beginMember(
        consume: (UnsafeRawBufferPointer) throws(CloudTrailError) -> Void
    ) throws(CloudTrailError) {
        inflateReset(stream)
        state = .inMember
        hasMember = true
        let magic: [UInt8] = [Self.firstByte, Self.secondByte]
        var failure: CloudTrailError?
        magic.withUnsafeBytes { bytes in
            do throws(CloudTrailError) {
                _ = try inflateWindow(bytes, consume: consume)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Inflates until the input is used up or the member ends.
    ///
    /// - Returns: the number of bytes of input that were used.
    private mutating func inflateWindow(
        _ input: UnsafeRawBufferPointer,
        consume: (UnsafeRawBufferPointer) throws(CloudTrailError) -> Void
    ) throws(CloudTrailError) -> Int {
        stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?.assumingMemoryBound(
            to: UInt8.self
        )
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            stream.pointee.next_out = window.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(window.count)
            let code = inflate(stream, Z_NO_FLUSH)
            let length = window.count - Int(stream.pointee.avail_out)
            try count(unpacked: length)
            if length > 0 { try consume(UnsafeRawBufferPointer(rebasing: window[..<length])) }
            switch code {
            case Z_OK, Z_BUF_ERROR: continue
            case Z_STREAM_END:
                state = .betweenMembers
                return input.count - Int(stream.pointee.avail_in)
            default:
                throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)")
            }
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
        return input.count
    }

    private mutating func count(unpacked count: Int) throws(CloudTrailError) {
        unpackedLength += count
        let isImplausible =
            unpackedLength > Self.plausibleLength && unpackedLength / Self.maximumRatio > compressedLength
        if isImplausible || unpackedLength > Self.maximumLength {
            throw .bomb(compressed: compressedLength, unpacked: unpackedLength)
        }
    }
}
