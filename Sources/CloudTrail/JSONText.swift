import Cblock
import Glibc
import JSON

/// A value in JSON text, read where it lies: what nobody asks for costs no more than finding its end.
///
/// Valid only as long as the bytes are. Checks the grammar between members, and the escapes of texts that are asked for.
struct JSONText {
    /// The value alone, without white space around it.
    let bytes: UnsafeRawBufferPointer

    /// Visits the members of an object in their order.
    ///
    /// - Parameter visit: takes a member's name and its value.
    /// - Returns: false when this is no object, or is broken from some place on.
    func forEachMember(_ visit: (JSONName, JSONText) -> Void) -> Bool {
        guard bytes.first == UInt8(ascii: "{") else { return false }
        var index = afterSpace(from: 1)
        if byte(at: index) == UInt8(ascii: "}") { return true }
        while byte(at: index) == UInt8(ascii: "\"") {
            guard let nameEnd = end(ofValueAt: index) else { return false }
            let colon = afterSpace(from: nameEnd)
            guard byte(at: colon) == UInt8(ascii: ":") else { return false }
            let start = afterSpace(from: colon + 1)
            guard let end = end(ofValueAt: start) else { return false }
            self[index..<nameEnd].withName { visit($0, self[start..<end]) }
            index = afterSpace(from: end)
            if byte(at: index) == UInt8(ascii: "}") { return true }
            guard byte(at: index) == UInt8(ascii: ",") else { return false }
            index = afterSpace(from: index + 1)
        }
        return false
    }

    /// The text of a string, in which what is not UTF-8 is replaced; nil when it is empty or has escapes that JSON does not
    /// know, or this is something else.
    var text: String? {
        guard let contents = stringContents, !contents.isEmpty else { return nil }
        return isPlain(contents) ? String(decoding: contents, as: UTF8.self) : parsed
    }

    /// The value of the last member with this name, nil when there is none or this is no object.
    subscript(name: StaticString) -> JSONText? {
        var found: JSONText?
        let isWhole = forEachMember { member, value in
            if name ~= member { found = value }
        }
        return isWhole ? found : nil
    }

    /// Whether this is the string with this text.
    func equals(_ text: StaticString) -> Bool {
        var isEqual = false
        withName { isEqual = text ~= $0 }
        return isEqual
    }

    /// Whether this is `null`.
    var isNull: Bool { bytes.elementsEqual("null".utf8) }

    /// What is between the quotes.
    private var stringContents: UnsafeRawBufferPointer? {
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\"") else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[1..<(bytes.count - 1)])
    }

    /// Whether the contents of a string are its text; if not, they are the parser's business.
    private func isPlain(_ contents: UnsafeRawBufferPointer) -> Bool {
        contents.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\\") }
    }

    private var parsed: String? { (try? JSONValue(parsing: bytes))?.string }

    private func withName(_ use: (JSONName) -> Void) {
        guard let contents = stringContents else { return }
        guard !isPlain(contents) else { return use(JSONName(bytes: contents)) }
        guard var name = parsed else { return }
        name.withUTF8 { use(JSONName(bytes: UnsafeRawBufferPointer($0))) }
    }

    private subscript(range: Range<Int>) -> JSONText {
        JSONText(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func afterSpace(from start: Int) -> Int {
        var index = start
        while let byte = byte(at: index), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
        return index
    }

    /// The index after the value that begins here, nil when there is none.
    private func end(ofValueAt start: Int) -> Int? {
        switch byte(at: start) {
        case UInt8(ascii: "\""):
            return end(ofStringAt: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var walk = ValueWalk()
            return walk.end(in: bytes, from: start + 1)
        default:
            let end = bytes[start...].firstIndex { !Self.isWordByte($0) } ?? bytes.count
            return end > start ? end : nil
        }
    }

    private func end(ofStringAt start: Int) -> Int? {
        var index = start + 1
        while index < bytes.count {
            let stop = firstStop(from: index)
            guard byte(at: stop) == UInt8(ascii: "\\") else { return stop < bytes.count ? stop + 1 : nil }
            index = stop + 2
        }
        return nil
    }

    /// Where the next quote or backslash is.
    private func firstStop(from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        var index = start
        while index + Int(CBLOCK_LENGTH) <= bytes.count {
            let block = base + index
            let stops = Cblock_matches(block, UInt8(ascii: "\""), 0) | Cblock_matches(block, UInt8(ascii: "\\"), 0)
            if stops != 0 { return index + stops.trailingZeroBitCount }
            index += Int(CBLOCK_LENGTH)
        }
        while let byte = byte(at: index), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { index += 1 }
        return index
    }

    /// Numbers, `true`, `false` and `null`.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// The name of a member, without its quotes and escapes. Valid only as long as the bytes are.
struct JSONName {
    let bytes: UnsafeRawBufferPointer

    /// Whether a name is the one of a `case`.
    static func ~= (pattern: StaticString, name: JSONName) -> Bool {
        name.bytes.count == pattern.utf8CodeUnitCount
            && name.bytes.baseAddress.map { memcmp($0, pattern.utf8Start, name.bytes.count) == 0 } ?? true
    }
}
