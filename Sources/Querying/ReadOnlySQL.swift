/// A check of SQL from strangers: one statement that reads, and only tables that are on a list.
///
/// SQL that the check does not understand is refused. The reserved words of Trino decide, since only those cannot be names:
/// https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
package struct ReadOnlySQL: Sendable {
    private let database: String
    private let tables: Set<String>

    /// Creates a check.
    ///
    /// - Parameters:
    ///   - database: the database of names without one.
    ///   - tables: the tables that may be read: `table`, `database.table`, or `database.*`.
    package init(database: String, tables: [String]) {
        let database = database.lowercased()
        self.database = database
        self.tables = Set(tables.map { $0.contains(".") ? $0.lowercased() : "\(database).\($0.lowercased())" })
    }

    /// A reason for which a statement may not run.
    package struct Refusal: Error, Equatable {
        /// The reason in plain words.
        package let reason: String
    }

    /// Checks a text, and returns the statement without its comments, so that nothing depends on which parser takes what
    /// for a comment.
    package func checked(_ text: String) throws(Refusal) -> String {
        var bytes = Array(text.utf8)
        var tokens = SQLToken.tokens(of: bytes)
        for comment in tokens where comment.kind == .comment {
            for index in comment.range { bytes[index] = UInt8(ascii: " ") }
        }
        tokens.removeAll { $0.kind == .comment }
        while tokens.last?.isSign(";") == true { bytes[tokens.removeLast().range.lowerBound] = UInt8(ascii: " ") }
        guard let first = tokens.first else { throw Refusal(reason: "there is no statement") }
        if let unknown = tokens.first(where: { $0.kind == .unknown }) {
            let excerpt = String(decoding: bytes[unknown.range].prefix(20), as: UTF8.self)
            throw Refusal(reason: "it cannot be read from '\(excerpt)' on")
        }
        guard !tokens.contains(where: { $0.isSign(";") }) else { throw Refusal(reason: "only one statement may run") }
        var reader = ReadOnlySQLReader(tokens: tokens, check: self)
        switch first.kind {
        case .word("show"): try reader.show()
        case .word("describe"), .word("desc"): try reader.describe()
        case .word("explain"): try reader.explain()
        default: try reader.statement()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Refuses a table that is not on the list.
    func check(_ name: [String]) throws(Refusal) {
        let catalog = name.count > 2 ? name[name.count - 3] : "awsdatacatalog"
        let database = name.count > 1 ? name[name.count - 2] : database
        guard let table = name.last, name.count <= 3, catalog == "awsdatacatalog",
            tables.contains("\(database).\(table)") || tables.contains("\(database).*")
        else { throw Refusal(reason: "the table '\(name.joined(separator: "."))' may not be read") }
    }
}
