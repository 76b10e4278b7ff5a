import Cblock

/// Objects of strings as lines of JSON, in memory that is used again.
///
/// An array of bytes checks at each append whether it is shared, which costs more than the copy of a short text.
package struct JSONLines: ~Copyable {
    private var capacity = 4096
    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 1)
    private var count = 0

    package init() {}

    deinit { memory.deallocate() }

    /// Lets a caller read the lines, and forgets them.
    package mutating func take<Answer>(_ use: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        defer { count = 0 }
        return use(UnsafeRawBufferPointer(start: memory, count: count))
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
        let isFirst = count == 0 || memory.load(fromByteOffset: count - 1, as: UInt8.self) == UInt8(ascii: "{")
        append(isFirst ? "\"" : ",\"")
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
        guard let start = bytes.baseAddress else { return }
        if bytes.count > capacity - count { grow(by: bytes.count) }
        (memory + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    private mutating func grow(by added: Int) {
        capacity = (count + added) * 2
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        larger.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = larger
    }
}
