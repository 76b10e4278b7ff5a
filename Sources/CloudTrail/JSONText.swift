import Cblock
import Glibc
import JSON

/// A value in JSON text, read in place and in one pass: a value that the caller does not use costs only the search for
/// its end, and one that it reads while it visits the members costs no such search.
///
/// Valid only as long as the bytes are. Checks the grammar between members, and the escapes of texts that the caller
/// reads.
struct JSONText {
    /// The value without the white space around it; while its end is not known, the rest of the whole text from its
    /// start on.
    private var bytes: UnsafeRawBufferPointer
    /// Whether the end of an object or an array has not been found yet.
    private var isOpen = false
    /// Whether the value is a string with a backslash in it.
    private var hasEscapes = false

    /// Takes a whole text as one value, which must not be a string.
    init(_ whole: UnsafeRawBufferPointer) {
        bytes = whole
    }

    /// Visits the members of an object in their order.
    ///
    /// - Parameter visit: takes a member's name and its value, and may visit the members of this in turn.
    /// - Returns: whether this is an object without a mistake; the members before a mistake have been visited.
    mutating func forEachMember(_ visit: (JSONName, inout JSONText) -> Void) -> Bool {
        guard isObject else { return false }
        var member = Cblock_member()
        var index = 0
        while true {
            let step = Cblock_next_member(bytes.baseAddress, bytes.count, index, &member)
            guard step == CBLOCK_MEMBER || step == CBLOCK_OPEN_MEMBER else {
                guard step == CBLOCK_END else { return false }
                bytes = UnsafeRawBufferPointer(rebasing: bytes[..<member.end])
                isOpen = false
                return true
            }
            var value = JSONText(UnsafeRawBufferPointer(rebasing: bytes[member.value..<member.end]))
            value.isOpen = step == CBLOCK_OPEN_MEMBER
            value.hasEscapes = member.has_escapes
            var name = JSONText(UnsafeRawBufferPointer(rebasing: bytes[member.name..<member.name_end]))
            name.hasEscapes = member.has_name_escapes
            name.withText { visit(JSONName(bytes: $0), &value) }
            guard value.close() else { return false }
            index = member.value + value.bytes.count
        }
    }

    /// The value of the last member with this name, nil without such a member and for anything but an object.
    mutating func member(_ name: StaticString) -> JSONText? {
        var found: JSONText?
        let isWhole = forEachMember { member, value in
            if name ~= member { found = value }
        }
        return isWhole ? found : nil
    }

    /// The same for a caller that keeps the object as it is.
    subscript(name: StaticString) -> JSONText? {
        var object = self
        return object.member(name)
    }

    /// The text of a string, with invalid UTF-8 replaced; nil for an empty string, for one with an invalid escape, and
    /// for any other value.
    var text: String? {
        guard isString, bytes.count > 2 else { return nil }
        return hasEscapes ? parsed : String(decoding: contents, as: UTF8.self)
    }

    /// Whether this is the string with this text.
    func equals(_ text: StaticString) -> Bool {
        withText { text ~= JSONName(bytes: $0) } ?? false
    }

    /// Lets a caller read the bytes of a string without its quotes and escapes; nil for any other value.
    @inline(__always)
    func withText<Found>(_ use: (UnsafeRawBufferPointer) -> Found?) -> Found? {
        guard isString else { return nil }
        return hasEscapes ? withParsedText(use) : use(contents)
    }

    @inline(never)
    private func withParsedText<Found>(_ use: (UnsafeRawBufferPointer) -> Found?) -> Found? {
        guard var text = parsed else { return nil }
        return text.withUTF8 { use(UnsafeRawBufferPointer($0)) }
    }

    /// Whether this is a string that begins with a text.
    func begins(with text: StaticString) -> Bool {
        withText { $0.begins(with: text) } ?? false
    }

    /// Whether this is `null`.
    var isNull: Bool { bytes.elementsEqual("null".utf8) }

    /// Whether this is an object.
    var isObject: Bool { bytes.first == UInt8(ascii: "{") }

    /// Whether this is a string.
    var isString: Bool { bytes.first == UInt8(ascii: "\"") }

    /// The bytes between the quotes of a string.
    private var contents: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[1..<(bytes.count - 1)])
    }

    private var parsed: String? { (try? JSONValue(parsing: bytes))?.string }

    /// Finds the end of an object or an array whose members were not all visited; false when it has none.
    private mutating func close() -> Bool {
        guard isOpen else { return true }
        let end = Cblock_value_end(bytes.baseAddress, bytes.count)
        guard end > 0 else { return false }
        bytes = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        isOpen = false
        return true
    }
}

/// The name of a member, without its quotes and escapes. Valid only as long as the bytes are.
struct JSONName {
    let bytes: UnsafeRawBufferPointer

    /// Whether a name equals the pattern of a `case`.
    @inline(__always)
    static func ~= (pattern: StaticString, name: JSONName) -> Bool {
        name.bytes.count == pattern.utf8CodeUnitCount
            && name.bytes.baseAddress.map { memcmp($0, pattern.utf8Start, name.bytes.count) == 0 } ?? true
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes begin with a text.
    func begins(with text: StaticString) -> Bool {
        guard let baseAddress, count >= text.utf8CodeUnitCount else { return false }
        return memcmp(baseAddress, text.utf8Start, text.utf8CodeUnitCount) == 0
    }
}
