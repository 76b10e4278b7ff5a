package import Settings

/// The settings of history, pages and summaries.
package struct ReportSettings: Sendable, Equatable {
    /// The SQL that the history keeps and the pages show.
    package var sql = SQLDisplay.none

    package init() {}

    /// Reads the section `reports`.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    package init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "sql": sql = try value.sqlDisplay()
            default: return false
            }
            return true
        }
    }
}
