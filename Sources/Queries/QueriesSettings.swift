import JSON
import Settings

/// The sections `run_query` and `query_api` of the settings file, for what is too long for a function's environment.
struct QueriesSettings: Equatable {
    static let sqlKey = "run_query.sql"
    static let tablesKey = "query_api.tables"

    /// The SQL of `run_query`; nil for the one in its environment.
    private(set) var sql: String?
    /// The tables that `query_api` may read; nil for those in its environment.
    private(set) var tables: [String]?

    /// Reads a member of the settings file.
    ///
    /// - Returns: whether the member is one of the two sections.
    mutating func read(_ name: String, _ section: Section) throws(SettingsError) -> Bool {
        switch name {
        case "run_query":
            try section.read { key, value throws(SettingsError) in
                guard key == "sql" else { return false }
                sql = try value.text()
                return true
            }
        case "query_api":
            try section.read { key, value throws(SettingsError) in
                guard key == "tables" else { return false }
                tables = try value.tables()
                return true
            }
        default: return false
        }
        return true
    }
}

extension Section {
    fileprivate func tables() throws(SettingsError) -> [String] {
        guard let names = value.array, !names.isEmpty else { throw expected("an array of one table or more") }
        return try names.map { name throws(SettingsError) in
            let element = Section(key: key, value: name)
            let text = try element.text()
            guard !text.contains(where: { $0 == "," || $0.isWhitespace }) else {
                throw element.expected("one table in each text")
            }
            return text
        }
    }
}
