import Cblock
import Glibc
import JSON

/// A value in JSON text, read in place: a value that the caller does not use costs only the search for its end.
///
/// Valid only as long as the bytes are. Checks the grammar between members, and the escapes of texts that the caller
/// reads.
struct JSONText {
    /// The text that the value is part of.
    private let whole: UnsafeRawBufferPointer
    /// The place of the value in the whole text, without the white space around it.
    private let range: Range<Int>
    /// Whether the value is a string with a backslash in it.
    private let hasEscapes: Bool

    /// Takes a whole text as one value, which must not be a string.
    init(_ whole: UnsafeRawBufferPointer) {
        self.init(whole, 0..<whole.count, hasEscapes: false)
    }

    private init(_ whole: UnsafeRawBufferPointer, _ range: Range<Int>, hasEscapes: Bool) {
        self.whole = whole
        self.range = range
        self.hasEscapes = hasEscapes
    }

    /// Visits the members of an object in their order.
    ///
    /// - Parameter visit: takes a member's name and its value.
    /// - Returns: whether this is an object without a mistake; the members before a mistake have been visited.
    func forEachMember(_ visit: (JSONName, JSONText) -> Void) -> Bool {
        guard isObject else { return false }
        var index = afterSpace(from: range.lowerBound + 1)
        if byte(at: index) == UInt8(ascii: "}") { return true }
        while byte(at: index) == UInt8(ascii: "\""), let name = value(at: index) {
            let colon = afterSpace(from: name.range.upperBound)
            guard byte(at: colon) == UInt8(ascii: ":") else { return false }
            guard let value = value(at: afterSpace(from: colon + 1)) else { return false }
            name.withName { visit($0, value) }
            index = afterSpace(from: value.range.upperBound)
            if byte(at: index) == UInt8(ascii: "}") { return true }
            guard byte(at: index) == UInt8(ascii: ",") else { return false }
            index = afterSpace(from: index + 1)
        }
        return false
    }

    /// The value of the last member with this name, nil without such a member and for anything but an object.
    subscript(name: StaticString) -> JSONText? {
        var found: JSONText?
        let isWhole = forEachMember { member, value in
            if name ~= member { found = value }
        }
        return isWhole ? found : nil
    }

    /// The text of a string, with invalid UTF-8 replaced; nil for an empty string, for one with an invalid escape, and
    /// for any other value.
    var text: String? {
        guard isString, range.count > 2 else { return nil }
        return hasEscapes ? parsed : String(decoding: contents, as: UTF8.self)
    }

    /// Whether this is the string with this text.
    func equals(_ text: StaticString) -> Bool {
        var isEqual = false
        if isString { withName { isEqual = text ~= $0 } }
        return isEqual
    }

    /// Lets a caller read the bytes of a string without its quotes and escapes; nil for any other value.
    func withText<Found>(_ use: (UnsafeRawBufferPointer) -> Found?) -> Found? {
        guard isString else { return nil }
        var found: Found?
        withName { found = use($0.bytes) }
        return found
    }

    /// Whether this is a string that begins with a text.
    func begins(with text: StaticString) -> Bool {
        withText { $0.begins(with: text) } ?? false
    }

    /// Whether this is `null`.
    var isNull: Bool { whole[range].elementsEqual("null".utf8) }

    /// Whether this is an object.
    var isObject: Bool { byte(at: range.lowerBound) == UInt8(ascii: "{") }

    /// Whether this is a string.
    var isString: Bool { byte(at: range.lowerBound) == UInt8(ascii: "\"") }

    /// The bytes between the quotes of a string.
    private var contents: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: whole[(range.lowerBound + 1)..<(range.upperBound - 1)])
    }

    private var parsed: String? { (try? JSONValue(parsing: whole[range]))?.string }

    private func withName(_ use: (JSONName) -> Void) {
        guard hasEscapes else { return use(JSONName(bytes: contents)) }
        guard var name = parsed else { return }
        name.withUTF8 { use(JSONName(bytes: UnsafeRawBufferPointer($0))) }
    }

    private func byte(at index: Int) -> UInt8? { index < range.upperBound ? whole[index] : nil }

    private func afterSpace(from start: Int) -> Int {
        var index = start
        while let byte = byte(at: index), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
        return index
    }

    /// The value that begins at an index, nil when none does.
    private func value(at start: Int) -> JSONText? {
        switch byte(at: start) {
        case UInt8(ascii: "\""):
            return string(at: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var walk = ValueWalk(seeksCall: false)
            return walk.end(in: whole, from: start + 1).map { JSONText(whole, start..<$0, hasEscapes: false) }
        default:
            var end = start
            while let byte = byte(at: end), Self.isWordByte(byte) { end += 1 }
            return end > start ? JSONText(whole, start..<end, hasEscapes: false) : nil
        }
    }

    private func string(at start: Int) -> JSONText? {
        guard let base = whole.baseAddress else { return nil }
        var hasEscapes = false
        let rest = Cblock_string_rest(base + start + 1, range.upperBound - start - 1, &hasEscapes)
        return rest == 0 ? nil : JSONText(whole, start..<(start + 1 + rest), hasEscapes: hasEscapes)
    }

    /// Whether a byte may be part of a number, `true`, `false` or `null`.
    static func isWordByte(_ byte: UInt8) -> Bool {
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

    /// Whether a name equals the pattern of a `case`.
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
