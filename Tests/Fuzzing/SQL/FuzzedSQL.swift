import Querying

/// Reads a text as SQL in each way that the alerter does, and traps when the answers contradict each other.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzSQL(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    checkMask(of: text)
    let literal = SQLStatements.literal(text)
    precondition(SQLStatements.split("select \(literal)").count == 1, "a literal ends a statement")
    for comment in SQLComments.firstAndLast(in: text) {
        precondition(text.utf8.contains(comment.utf8), "a comment is not in the text")
    }
    guard let shape = try? StatementShape(text) else { return 0 }
    let names = shape.tables.map(\.name) + [shape.target].compactMap(\.self)
    // Names are shown in lower case, and a doubled quote in one stands for one.
    let lowered = text.lowercased()
    for name in names where !name.table.contains("\"") {
        // By bytes: a name may begin with a mark that belongs to the character before it.
        precondition(lowered.utf8.contains(name.table.lowercased().utf8), "a table is not in the text")
    }
    let isRead = shape.tables.contains { $0.isReadWhole }
    precondition(!isRead || text.utf8.contains(UInt8(ascii: "*")), "all columns are read without a *")
    // A shape depends on neither comments nor the values of literals.
    precondition(names.isEmpty || (try? StatementShape(text + "\n-- end")) == shape, "a comment changes the shape")
    return 0
}

/// A masked text shows no value, and stays as it is when it is masked again.
private func checkMask(of text: String) {
    let masked = MaskedSQL.mask(text)
    precondition(masked.utf8.count <= text.utf8.count + 8, "a mask makes a text longer")
    let values = StatementValues(masked)
    precondition(!values.hasText, "a masked text shows a value")
}

/// The single quotes of a text that stand in no name.
private struct StatementValues {
    private(set) var hasText = false

    init(_ text: String) {
        var quote: UInt8?
        for byte in text.utf8 {
            if byte == quote {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
                quote = byte
            } else if quote == nil, byte == UInt8(ascii: "'") {
                hasText = true
            }
        }
    }
}
