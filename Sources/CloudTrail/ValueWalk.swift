import Cblock
import Glibc

/// Walks through JSON text from inside an object or array to its closing bracket.
///
/// Brackets, quotes and names inside strings mislead nobody. The text may come in pieces.
struct ValueWalk {
    private static let blockLength = Int(CBLOCK_LENGTH)
    /// The name of the call, as it stands after the quote that begins it.
    private static let call: StaticString = "StartQueryExecution\""

    private var state = Cblock_state()
    /// How many brackets are open.
    private var depth = 1

    /// Whether a string has been passed that is the name of the call, or might be, because some letter is written as its
    /// number or the piece ended in it.
    private(set) var mayHoldCall = false

    /// Walks on.
    ///
    /// - Parameters:
    ///   - text: the next piece of the text.
    ///   - start: where in it to begin.
    /// - Returns: the index after the closing bracket, nil when the piece ends before it.
    mutating func end(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let bytes = text.baseAddress else { return nil }
        var index = start
        while index < text.count {
            index += Cblock_pass(&state, &depth, bytes + index, text.count - index, Self.call.utf8Start.pointee)
            let count = min(Self.blockLength, text.count - index)
            guard count > 0 else { return nil }
            if let end = end(inBlockOf: count, at: index, of: text) { return index + end }
            index += count
        }
        return nil
    }

    /// Walks over one block and says how many of its bytes the value still has, when it ends there.
    private mutating func end(inBlockOf count: Int, at index: Int, of text: UnsafeRawBufferPointer) -> Int? {
        let marks = mark(UnsafeRawBufferPointer(rebasing: text[index..<(index + count)]))
        var calls = marks.strings_with_letter
        while calls != 0, !mayHoldCall {
            mayHoldCall = Self.mayBeCall(text, at: index + calls.trailingZeroBitCount)
            calls &= calls - 1
        }
        var units = marks.escaped_units
        while units != 0, !mayHoldCall {
            mayHoldCall = Self.mayBeLetter(text, at: index + units.trailingZeroBitCount)
            units &= units - 1
        }
        var brackets = marks.opening_brackets | marks.closing_brackets
        while brackets != 0 {
            let place = brackets.trailingZeroBitCount
            depth += marks.closing_brackets >> UInt64(place) & 1 == 0 ? 1 : -1
            if depth == 0 { return place + 1 }
            brackets &= brackets - 1
        }
        return nil
    }

    private mutating func mark(_ block: UnsafeRawBufferPointer) -> Cblock_marks {
        let letter = Self.call.utf8Start.pointee
        let count = UInt32(block.count)
        guard block.count < Self.blockLength else { return Cblock_mark(&state, block.baseAddress, count, letter) }
        return withUnsafeTemporaryAllocation(byteCount: Self.blockLength, alignment: 16) { padded in
            // White space changes nothing, inside of strings and outside.
            padded.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: " "))
            padded.copyMemory(from: block)
            return Cblock_mark(&state, padded.baseAddress, count, letter)
        }
    }

    private static func mayBeCall(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
        let length = min(call.utf8CodeUnitCount, text.count - index)
        return text.baseAddress.map { memcmp($0 + index, call.utf8Start, length) == 0 } ?? false
    }

    /// Whether an escaped `u` begins the number of a character from `@` to DEL, or might, were the piece longer.
    private static func mayBeLetter(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index + 3 < text.count else { return true }
        return text[index + 1] == UInt8(ascii: "0") && text[index + 2] == UInt8(ascii: "0")
            && (UInt8(ascii: "4")...UInt8(ascii: "7")).contains(text[index + 3])
    }
}
