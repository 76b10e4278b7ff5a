/// The statements of a script, which Athena takes one at a time.
package enum SQLStatements {
    /// Splits a script at its semicolons, those in texts, names and comments apart; statements without content fall away.
    package static func split(_ script: String) -> [String] {
        let bytes = Array(script.utf8)
        var statements: [String] = []
        var start = 0
        var hasContent = false
        for token in SQLToken.tokens(of: bytes) + [
            SQLToken(kind: .sign(UInt8(ascii: ";")), range: bytes.count..<bytes.count)
        ] {
            if token.isSign(";") {
                if hasContent {
                    statements.append(String(decoding: bytes[start..<token.range.lowerBound], as: UTF8.self))
                }
                start = token.range.upperBound
                hasContent = false
            } else if token.kind != .comment {
                hasContent = true
            }
        }
        return statements
    }

    /// An SQL literal that stands for a text, whatever is in it.
    package static func literal(_ text: String) -> String {
        // By scalars, as Athena reads: of Swift's characters, a quote can be a part.
        let parts = text.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.map { String($0) }.joined(separator: "''") + "'"
    }
}
