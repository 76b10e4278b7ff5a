/// The statements of a script, which Athena takes one at a time.
package enum SQLStatements {
    /// Splits a script at its semicolons, except those in texts, names and comments; empty statements are left out.
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

    /// The SQL literal of a text, whatever characters it has.
    package static func literal(_ text: String) -> String {
        // By scalars, as Athena reads: a quote can be a part of one of Swift's characters.
        let parts = text.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.map { String($0) }.joined(separator: "''") + "'"
    }
}
