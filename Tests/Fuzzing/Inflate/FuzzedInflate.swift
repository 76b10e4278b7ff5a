import CloudTrail
import Glibc

/// Compares what ISA-L and zlib unpack from the same bytes, and traps when they differ.
///
/// The first byte of an input is the length of the pieces in which the rest is unpacked, 0 for one piece. The second is
/// the length of the window in steps of 300 bytes, 0 for the length in ``GzipStream``.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzInflate(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let data = UnsafeRawBufferPointer(start: start + 2, count: count - 2)
    let pieceLength = start[0] == 0 ? data.count : Int(start[0])
    let windowLength = start[1] == 0 ? 128 << 10 : 300 * Int(start[1])
    let expected = unpack(data, with: .zlib, pieceLength: pieceLength, windowLength: windowLength)
    let found = unpack(data, with: .isal, pieceLength: pieceLength, windowLength: windowLength)
    switch expected.outcome {
    case .ended:
        precondition(found == expected, "zlib unpacks what ISA-L does not")
    case .goesOn:
        // ISA-L refuses some tables before they are whole.
        precondition(found.outcome != .ended, "ISA-L ends where zlib goes on")
        // ISA-L writes up to three letters at once, and waits until all have come.
        precondition(
            found.outcome == .invalid || (0..<3).contains(expected.unpacked.count - found.unpacked.count),
            "ISA-L stops early"
        )
        precondition(expected.unpacked.starts(with: found.unpacked), "the libraries unpack different bytes")
    case .invalid:
        // ISA-L accepts a table with codes to spare, and then unpacks something until the mistake shows.
        let count = min(expected.unpacked.count, found.unpacked.count)
        precondition(expected.unpacked[..<count] == found.unpacked[..<count], "the libraries unpack different bytes")
    }
    return 0
}

private struct Unpacked: Equatable {
    var outcome = Inflater.Outcome.goesOn
    var unpacked: [UInt8] = []
    var used = 0
    var checksum: UInt32 = 0
}

private func unpack(
    _ data: UnsafeRawBufferPointer,
    with library: Inflater.Library,
    pieceLength: Int,
    windowLength: Int
) -> Unpacked {
    let input = GuardedMemory(pieceLength)
    let output = GuardedMemory(windowLength)
    var inflater = Inflater(library)
    var result = Unpacked()
    while result.used < data.count, result.outcome == .goesOn {
        let piece = input.copy(data[result.used...].prefix(pieceLength))
        var used = 0
        var isFull = false
        while used < piece.count || isFull, result.outcome == .goesOn {
            let step = inflater.inflate(UnsafeRawBufferPointer(rebasing: piece[used...]), into: output.bytes)
            precondition(step.unpacked <= windowLength, "too much output")
            result.unpacked.append(contentsOf: UnsafeRawBufferPointer(rebasing: output.bytes[..<step.unpacked]))
            result.outcome = step.outcome
            guard step.outcome != .invalid else { return result }
            precondition(used + step.used <= piece.count, "too much input")
            precondition(step.outcome == .ended || step.used + step.unpacked > 0 || used == piece.count, "no progress")
            used += step.used
            isFull = step.unpacked == windowLength
        }
        precondition(used >= 0, "the data ends in an earlier piece")
        result.used += used
    }
    result.checksum = inflater.checksum
    return result
}

/// Memory right before a page that must not be touched: the address sanitizer does not see what assembly reads and writes.
private struct GuardedMemory: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer
    private let pages: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        let page = sysconf(CInt(_SC_PAGESIZE))
        let length = (count + page - 1) / page * page
        let start = mmap(nil, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED, mprotect(start + length, page, PROT_NONE) == 0 else {
            fatalError("out of memory")
        }
        pages = UnsafeMutableRawBufferPointer(start: start, count: length + page)
        bytes = UnsafeMutableRawBufferPointer(rebasing: pages[length - count..<length])
    }

    deinit { munmap(pages.baseAddress, pages.count) }

    /// Copies bytes to the end of the memory.
    func copy(_ source: Slice<UnsafeRawBufferPointer>) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer(rebasing: bytes.suffix(source.count))
        copy.copyBytes(from: source)
        return UnsafeRawBufferPointer(copy)
    }
}
