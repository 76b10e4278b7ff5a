import Cblock

/// Objects of strings as lines of JSON, in memory that is used again.
///
/// An array of bytes checks at each append whether it is shared, which costs more than the copy of a short text.
package struct JSONLines: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    private var count = 0

    package init() {}

    deinit { memory.deallocate() }

    /// Lets a caller read the lines, and forgets them.
    package mutating func take<Answer>(_ use: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        defer { count = 0 }
        return use(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Begins a line with an object.
    package mutating func beginObject() { append("{") }

    /// Adds a member to the object; one without a value is left out.
    ///
    /// - Parameters:
    ///   - name: the member's name, which must need no escape.
    ///   - text: the member's value.
    package mutating func addMember(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        append(memory[count - 1] == UInt8(ascii: "{") ? "\"" : ",\"")
        append(name)
        append("\":")
        let isPlain = text.utf8.withContiguousStorageIfAvailable { bytes in
            guard Cblock_plain_length(bytes.baseAddress, bytes.count) == bytes.count else { return false }
            append("\"")
            append(UnsafeRawBufferPointer(bytes))
            append("\"")
            return true
        }
        if isPlain == true { return }
        var string: [UInt8] = []
        JSONValue.write(text, to: &string)
        string.withUnsafeBytes { append($0) }
    }

    /// Ends the object and its line.
    package mutating func endObject() { append("}\n") }

    @inline(__always)
    private mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count > memory.count - count { grow(by: bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    private mutating func grow(by added: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (count + added) * 2, alignment: 1)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }
}
