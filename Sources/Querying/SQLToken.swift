/// A piece of an SQL text.
struct SQLToken: Equatable {
    /// The kind of a piece.
    enum Kind: Equatable {
        /// A name or keyword without quotes, in lower case.
        case word(String)
        /// A name in quotes, in lower case as Athena looks it up, with its quote.
        case quoted(String, quote: UInt8)
        /// A text in single quotes.
        case text
        /// A number.
        case number
        /// One character of punctuation.
        case sign(UInt8)
        /// A comment.
        case comment
        /// A quote or comment without its end, or a character of no SQL.
        case unknown
    }

    let kind: Kind
    /// The place of the piece, in bytes.
    let range: Range<Int>

    /// The pieces of a text, comments included, by the lexical rules that Athena's two parsers share: Trino's and Hive's. To
    /// Hive alone a backslash escapes a quote; to Trino it is a character as any other, and so it is here.
    static func tokens(of bytes: [UInt8]) -> [SQLToken] {
        var scanner = SQLScanner(bytes: bytes)
        var tokens: [SQLToken] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }

    func isWord(_ word: String) -> Bool { kind == .word(word) }

    func isSign(_ sign: Unicode.Scalar) -> Bool { kind == .sign(UInt8(ascii: sign)) }
}

private struct SQLScanner {
    let bytes: [UInt8]
    var index = 0

    mutating func next() -> SQLToken? {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        guard index < bytes.count else { return nil }
        let start = index
        let kind = kind()
        return SQLToken(kind: kind, range: start..<index)
    }

    private mutating func kind() -> SQLToken.Kind {
        let byte = bytes[index]
        let following = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch byte {
        case UInt8(ascii: "'"): return closed(byte) == nil ? .unknown : .text
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            return closed(byte).map { .quoted($0.lowercased(), quote: byte) } ?? .unknown
        case UInt8(ascii: "-") where following == byte:
            index = bytes[index...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            return .comment
        case UInt8(ascii: "/") where following == UInt8(ascii: "*"): return blockComment()
        case _ where byte.isDigit: return number()
        case _ where byte.isWordStart:
            return word()
        default:
            index += 1
            return Self.signs.contains(byte) ? .sign(byte) : .unknown
        }
    }

    private static let signs = Set("(),.;+-*/%<>=!|[]?:".utf8)

    /// Reads the text between two quotes, in which a doubled quote stands for one; nil when the end is missing.
    private mutating func closed(_ quote: UInt8) -> String? {
        var contents: [UInt8] = []
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == quote {
                guard index < bytes.count, bytes[index] == quote else {
                    return String(decoding: contents, as: UTF8.self)
                }
                index += 1
            }
            contents.append(byte)
        }
        return nil
    }

    private mutating func blockComment() -> SQLToken.Kind {
        index += 2
        while index + 1 < bytes.count {
            if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") {
                index += 2
                return .comment
            }
            index += 1
        }
        index = bytes.count
        return .unknown
    }

    /// A word. Trino's parser ends it at a colon, but Presto's takes the colon for a part of it: to Presto, the alias
    /// `where:x` does not end a FROM clause. What reads differently is refused.
    private mutating func word() -> SQLToken.Kind {
        let start = index
        while index < bytes.count, bytes[index].isWordStart || bytes[index].isDigit { index += 1 }
        if takeColon() { return .unknown }
        return .word(String(decoding: bytes[start..<index], as: UTF8.self).lowercased())
    }

    private mutating func takeColon() -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return false }
        index += 1
        return true
    }

    /// A number ends where Trino ends it, so that `1.FROM t` does not hide its FROM; a word or a
    /// colon right after it is refused.
    private mutating func number() -> SQLToken.Kind {
        takeDigits()
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            takeDigits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[index]) { index += 1 }
            takeDigits()
        }
        if takeColon() { return .unknown }
        return index < bytes.count && bytes[index].isWordStart ? .unknown : .number
    }

    private mutating func takeDigits() {
        while index < bytes.count, bytes[index].isDigit { index += 1 }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isWordStart: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
    }
}
