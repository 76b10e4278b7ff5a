import Czlib

/// Packs text as gzip, in pieces. The same text gives the same bytes: the header has neither a time nor a name.
package struct Gzip: ~Copyable {
    private static let level: Int32 = 6
    private static let windowLength = 64 << 10

    // zlib keeps the address of its stream.
    private let stream: UnsafeMutablePointer<z_stream>
    private var packed: [UInt8] = []

    package init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        _ = Czlib_gzip_deflate_init(stream, Self.level)
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Adds text.
    package mutating func add(_ text: String) {
        var bytes = Array(text.utf8)
        deflate(&bytes, Z_NO_FLUSH)
    }

    /// Ends the data, and returns all of it.
    package consuming func finish() -> [UInt8] {
        var nothing: [UInt8] = []
        deflate(&nothing, Z_FINISH)
        return packed
    }

    private mutating func deflate(_ bytes: inout [UInt8], _ flush: Int32) {
        let stream = stream
        var window = [UInt8](repeating: 0, count: Self.windowLength)
        bytes.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            window.withUnsafeMutableBufferPointer { output in
                repeat {
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    _ = Czlib.deflate(stream, flush)
                    packed += output.prefix(output.count - Int(stream.pointee.avail_out))
                } while stream.pointee.avail_out == 0
            }
        }
    }
}
