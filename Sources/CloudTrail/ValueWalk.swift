import Cblock
import Glibc

/// Walks through JSON text from inside an object or array to its closing bracket.
///
/// Brackets, quotes and names inside strings do not count. The text may come in pieces.
struct ValueWalk {
    private static let blockLength = Int(CBLOCK_LENGTH)
    /// The names of the calls with their closing quotes, as they follow the opening quote. Both begin with one letter.
    private static let start: StaticString = "StartQueryExecution\""
    private static let stop: StaticString = "StopQueryExecution\""

    private var state = Cblock_state()
    /// The number of open brackets.
    private var depth = 1

    /// Whether the walk has passed a string that is the name of a call, or might be: a letter is written as a `\u`
    /// escape, or the piece ended inside the string.
    private(set) var mayHoldCall = false

    /// Walks on.
    ///
    /// - Parameters:
    ///   - text: the next piece of the text.
    ///   - start: the index to begin at.
    /// - Returns: the index after the closing bracket, nil when the piece ends before it.
    mutating func end(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let bytes = text.baseAddress else { return nil }
        var index = start
        while depth > 0, index < text.count {
            index += Cblock_pass(&state, &depth, bytes + index, text.count - index, letter)
            guard depth > 0, index < text.count else { break }
            index += step(inBlockOf: min(Self.blockLength, text.count - index), at: index, of: text)
        }
        return depth == 0 ? index : nil
    }

    /// The first letter of the calls' names; 0, which no string begins with, once `mayHoldCall` is true.
    private var letter: UInt8 { mayHoldCall ? 0 : Self.start.utf8Start.pointee }

    /// Walks over one block, or to the end of the value in it.
    ///
    /// - Returns: the number of bytes passed.
    private mutating func step(inBlockOf count: Int, at index: Int, of text: UnsafeRawBufferPointer) -> Int {
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
        let end = Int(Cblock_end(marks, &depth))
        return depth == 0 ? end : count
    }

    private mutating func mark(_ block: UnsafeRawBufferPointer) -> Cblock_marks {
        let count = UInt32(block.count)
        guard block.count < Self.blockLength else { return Cblock_mark(&state, block.baseAddress, count, letter) }
        return withUnsafeTemporaryAllocation(byteCount: Self.blockLength, alignment: 16) { padded in
            // Trailing white space changes no mark, inside of strings and outside.
            padded.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: " "))
            padded.copyMemory(from: block)
            return Cblock_mark(&state, padded.baseAddress, count, letter)
        }
    }

    private static func mayBeCall(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
        begins(text, at: index, with: start) || begins(text, at: index, with: stop)
    }

    private static func begins(_ text: UnsafeRawBufferPointer, at index: Int, with call: StaticString) -> Bool {
        let length = min(call.utf8CodeUnitCount, text.count - index)
        return text.baseAddress.map { memcmp($0 + index, call.utf8Start, length) == 0 } ?? false
    }

    /// Whether an escaped `u` begins the code of a character from `@` to DEL, or might when the piece ends too early.
    private static func mayBeLetter(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index + 3 < text.count else { return true }
        return text[index + 1] == UInt8(ascii: "0") && text[index + 2] == UInt8(ascii: "0")
            && (UInt8(ascii: "4")...UInt8(ascii: "7")).contains(text[index + 3])
    }
}
