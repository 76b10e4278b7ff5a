import JSON
import Settings

/// The part of a query's SQL that its row keeps.
package enum StoredSQL: Sendable, Equatable {
    /// All of it.
    case full
    /// Its beginning, at most so long; a size of 0 keeps nothing.
    case beginning(ByteSize)

    /// The part of some SQL, cut between two Unicode scalars: a character may be as long as the SQL.
    package func part(of sql: String) -> Substring {
        guard case .beginning(let size) = self, sql.utf8.count > size.bytes else { return sql[...] }
        var end = sql.utf8.index(sql.startIndex, offsetBy: Int(size.bytes))
        while end.samePosition(in: sql.unicodeScalars) == nil { end = sql.utf8.index(before: end) }
        return sql[..<end]
    }

    /// Whether a row keeps nothing of the SQL.
    package var isNone: Bool { self == .beginning(ByteSize(bytes: 0)) }

    /// Reads the setting.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    init(_ section: Section) throws(SettingsError) {
        switch section.value {
        case "full": self = .full
        case "none": self = .beginning(ByteSize(bytes: 0))
        case .integer(let bytes) where bytes >= 0: self = .beginning(ByteSize(bytes: bytes))
        default:
            guard let size = section.value.string.flatMap(ByteSize.init) else {
                throw section.expected("\"full\", \"none\" or a size such as \"1 KB\"")
            }
            self = .beginning(size)
        }
    }
}

extension StoredSQL: CustomStringConvertible {
    /// The setting as the settings file has it.
    package var description: String {
        switch self {
        case .full: "full"
        case .beginning(let size): isNone ? "none" : "\(size)"
        }
    }
}
