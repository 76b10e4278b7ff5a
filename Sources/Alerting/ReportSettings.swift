import JSON
package import Settings

/// The settings of history, pages and summaries.
package struct ReportSettings: Sendable, Equatable {
    /// The SQL that the history keeps and the pages show.
    package var sql = SQLDisplay.none
    /// The channel that hears what each month came to; nil for no summaries.
    package var channel: String?
    /// The day on which the channel also hears of the week before; nil for none.
    package var weekly: Weekday?
    /// Whether people hear what it came to for themselves.
    package var people = false

    /// A day of the week.
    package enum Weekday: String, Sendable, CaseIterable {
        case monday
        case tuesday
        case wednesday
        case thursday
        case friday
        case saturday
        case sunday

        /// The days since Monday.
        package var daysAfterMonday: Int64 { Int64(Self.allCases.firstIndex(of: self) ?? 0) }
    }

    /// The secret with which links to pages are signed; nil for no links.
    package var linkSecret: Secret?

    package init() {}

    /// Reads the section `reports`.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    package init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "sql": sql = try value.sqlDisplay()
            case "people": people = try value.flag()
            case "channel": channel = try value.text()
            case "link_secret": linkSecret = try value.secret()
            case "weekly":
                guard let day = value.value.string.flatMap(Weekday.init) else {
                    throw value.expected("a day such as \"monday\"")
                }
                weekly = day
            default: return false
            }
            return true
        }
    }
}
