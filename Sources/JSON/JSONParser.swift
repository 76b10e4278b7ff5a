/// Reads one JSON document (RFC 8259).
///
/// Foundation's decoder does not locate mistakes, does not keep the order of members, and makes the cold start longer.
struct JSONParser {
    /// The deepest nesting that the parser, which is recursive, accepts.
    private static let maximumDepth = 512

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The value of the whole document.
    mutating func document() throws(JSONError) -> JSONValue {
        // Editors write a byte order mark, and RFC 8259 allows a parser to ignore it.
        if bytes.starts(with: "\u{FEFF}".utf8) { index = 3 }
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw mistake("unexpected \(found) after the end of the document") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        switch peek {
        case nil: throw mistake("a value is missing")
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func members() throws(JSONError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        try list(until: UInt8(ascii: "}")) { parser throws(JSONError) in
            guard parser.peek == UInt8(ascii: "\"") else { throw parser.mistake("expected a name in quotes") }
            let name = try parser.string()
            parser.skipSpace()
            guard parser.take(UInt8(ascii: ":")) else { throw parser.mistake("expected ':'") }
            members.append(JSONValue.Member(name, try parser.value()))
        }
        return members
    }

    private mutating func elements() throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        try list(until: UInt8(ascii: "]")) { parser throws(JSONError) in elements.append(try parser.value()) }
        return elements
    }

    /// Reads the items between two brackets; the opening bracket is the next byte.
    private mutating func list(
        until end: UInt8,
        item: (inout JSONParser) throws(JSONError) -> Void
    ) throws(JSONError) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw mistake("nested deeper than \(Self.maximumDepth) levels") }
        index += 1
        skipSpace()
        if !take(end) {
            while true {
                try item(&self)
                skipSpace()
                if take(end) { break }
                let bracket = Character(Unicode.Scalar(end))
                guard take(UInt8(ascii: ",")) else { throw mistake("expected ',' or '\(bracket)'") }
                skipSpace()
            }
        }
        depth -= 1
    }

    private mutating func string() throws(JSONError) -> String {
        let start = index
        index += 1
        // Nearly always the string has no escape, and is copied once.
        var text: [UInt8] = []
        var runStart = index
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                let run = bytes[runStart..<index]
                let string = String(validating: text.isEmpty ? run : (text + run)[...], as: UTF8.self)
                guard let string else {
                    index = start
                    throw mistake("a string that is not UTF-8")
                }
                index += 1
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: bytes[runStart..<index])
                index += 1
                text.append(contentsOf: UTF8.encode(try escaped()) ?? UTF8.encodedReplacementCharacter)
                runStart = index
            case 0..<0x20: throw mistake("a control character in a string")
            default: index += 1
            }
        }
        index = start
        throw mistake("a string without its closing quote")
    }

    /// The character that an escape stands for; an unpaired surrogate becomes U+FFFD.
    private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
        guard let byte = peek else { throw mistake("a string without its closing quote") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
            let afterHigh = index
            if take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let low = try codeUnit()
                if (0xDC00..<0xE000).contains(low) {
                    return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
                }
            }
            index = afterHigh
            return "\u{FFFD}"
        default:
            index -= 1
            throw mistake("expected an escape of JSON, found \(found)")
        }
    }

    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw mistake("expected four hexadecimal digits") }
        index += 4
        return unit
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let hasLeadingZero = peek == UInt8(ascii: "0")
        let wholeDigits = takeDigits()
        var isWhole = true
        var isComplete = wholeDigits == 1 || (wholeDigits > 1 && !hasLeadingZero)
        if take(UInt8(ascii: ".")) {
            isWhole = false
            isComplete = isComplete && takeDigits() > 0
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            isComplete = isComplete && takeDigits() > 0
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isComplete, isWhole, let number = Int64(text) { return .integer(number) }
        // A number too large for the type becomes infinite.
        if isComplete, let number = Double(text) { return .number(number) }
        index = start
        throw mistake("unexpected \(found)")
    }

    private mutating func takeDigits() -> Int {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        return index - start
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let text = "\(word)"
        guard bytes[index...].starts(with: text.utf8) else { throw mistake("unexpected \(found)") }
        index += text.utf8.count
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    /// The next byte for an error message; a byte that is not printable appears as its number, which is safe on a
    /// terminal.
    private var found: String {
        guard let byte = peek else { return "end" }
        return (0x21...0x7E).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }

    private func mistake(_ reason: String) -> JSONError {
        let before = bytes[..<min(index, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return .invalid("line \(line), column \(column): \(reason)")
    }
}
