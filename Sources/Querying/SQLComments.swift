/// The comments of an SQL text, by the lexical rules of ``SQLToken``: a mark inside a quoted text begins none.
package enum SQLComments {
    /// The longest comment that is read, in bytes: far longer than a tool's, and short enough for any search in it.
    private static let longest = 16 * 1024

    /// The first and the last comment that have an end, without their marks; one comment when both are the same, and
    /// none that is longer than a tool's.
    ///
    /// Tools write theirs there. A comment in `/* */` inside a line comment, as dbt writes it for Athena, loses both
    /// marks.
    package static func firstAndLast(in sql: String) -> [String] {
        let bytes = Array(sql.utf8)
        guard hasMark(bytes) else { return [] }
        let comments = SQLToken.tokens(of: bytes).filter { $0.kind == .comment }
        guard let first = comments.first, let last = comments.last else { return [] }
        let ends = (first == last ? [first] : [first, last]).filter { $0.range.count <= longest }
        return ends.map { contents(of: String(decoding: bytes[$0.range], as: UTF8.self)) }
    }

    /// Whether a comment can begin anywhere. Most texts have none, and need not be taken apart.
    private static func hasMark(_ bytes: [UInt8]) -> Bool {
        zip(bytes, bytes.dropFirst()).contains { byte, next in
            (byte == UInt8(ascii: "-") && next == byte) || (byte == UInt8(ascii: "/") && next == UInt8(ascii: "*"))
        }
    }

    /// The text of a comment without its marks and the space around it.
    package static func contents(of comment: String) -> String {
        var text = comment[...].trimmed
        if text.hasPrefix("--") { text = text.dropFirst(2).trimmed }
        if text.hasPrefix("/*") {
            text = text.dropFirst(2)
            if text.hasSuffix("*/") { text = text.dropLast(2) }
        }
        return String(text.trimmed)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
