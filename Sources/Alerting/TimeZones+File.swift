import Settings
package import Time

/// The time zone of a name; nil for a name that is not known.
package typealias TimeZoneSource = (_ name: String) -> TimeZone?

extension Section {
    /// Reads the name of a time zone.
    func timeZone(from source: TimeZoneSource) throws(SettingsError) -> TimeZone {
        let name = try text()
        if name == TimeZone.utc.name { return .utc }
        guard TimeZone.isName(name), let zone = source(name) else {
            throw expected("a name of the IANA time zone database, such as \"Europe/Berlin\"")
        }
        return zone
    }
}
