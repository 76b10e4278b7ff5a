/// An SQL text without the values and comments in it, for readers who are not to see them.
package enum MaskedSQL {
    /// Puts `?` in the place of each text and number, and leaves out comments. Names and keywords stay.
    ///
    /// From the first piece on that cannot be read for certain, all is left out, and `…` says so: a quote at another
    /// place would turn texts into names.
    package static func mask(_ sql: String) -> String {
        let bytes = Array(sql.utf8)
        let tokens = SQLToken.tokens(of: bytes)
        let dialect = Dialect(tokens.first { $0.kind != .comment })
        var masked = ""
        var gap = Gap()
        var end = 0
        for token in tokens {
            gap.take(bytes[end..<token.range.lowerBound])
            end = token.range.upperBound
            guard token.kind != .comment else {
                gap.hasComment = true
                continue
            }
            if !masked.isEmpty { masked += gap.text }
            gap = Gap()
            guard let shown = dialect.shown(token, in: bytes) else { return masked + "…" }
            masked += shown
        }
        return masked
    }

    /// The space between two pieces.
    private struct Gap {
        private var space: [UInt8] = []
        var hasComment = false

        mutating func take(_ bytes: ArraySlice<UInt8>) {
            space += bytes
        }

        /// The space as it was, without the lines that only had comments.
        var text: String {
            guard hasComment else { return String(decoding: space, as: UTF8.self) }
            guard let lineBreak = space.lastIndex(of: UInt8(ascii: "\n")) else { return " " }
            return String(decoding: space[lineBreak...], as: UTF8.self)
        }
    }

    /// The parser to which Athena gives a statement.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html
    private enum Dialect {
        /// Trino's: text in double quotes is a name, and a backslash is a character as any other.
        case trino
        /// Hive's, or either: text in double quotes is a value, and a backslash may escape a quote.
        case hive

        private static let wordsOfTrino: Set<String> = [
            "select", "with", "values", "table", "insert", "update", "delete", "merge", "unload", "explain", "prepare",
            "execute", "deallocate",
        ]

        init(_ first: SQLToken?) {
            switch first?.kind {
            case .word(let word) where Self.wordsOfTrino.contains(word): self = .trino
            case .sign(UInt8(ascii: "(")): self = .trino
            default: self = .hive
            }
        }

        /// A piece as it may be shown, nil when it cannot be read for certain.
        func shown(_ token: SQLToken, in bytes: [UInt8]) -> String? {
            let piece = bytes[token.range]
            switch token.kind {
            case .number: return "?"
            case .text: return isClosedForCertain(piece) ? "?" : nil
            case .quoted(_, UInt8(ascii: "\"")) where self == .hive: return isClosedForCertain(piece) ? "?" : nil
            case .word, .quoted, .sign: return String(decoding: piece, as: UTF8.self)
            case .comment, .unknown: return nil
            }
        }

        private func isClosedForCertain(_ piece: ArraySlice<UInt8>) -> Bool {
            self == .trino || !piece.contains(UInt8(ascii: "\\"))
        }
    }
}
