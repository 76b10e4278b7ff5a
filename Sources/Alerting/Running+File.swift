import JSON
package import Settings

extension Running {
    /// Reads the section `running`.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    package init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "match": match = Rule(match: try value.forms(), effect: .init())
            case "warn": user = try value.runningBound()
            case "warn_channel": channel = try value.runningBound()
            case "stop": stop = try value.runningBound()
            default: return false
            }
            return true
        }
        guard match == nil || !isOff else {
            throw SettingsError(
                key: section.key,
                problem: "expected warn, warn_channel or stop beside match, found none"
            )
        }
    }
}

extension Section {
    fileprivate func runningBound() throws(SettingsError) -> RunningBound {
        guard let bound = value.string.flatMap(RunningBound.init) else {
            throw expected("an amount such as \"$10\", a size such as \"2 TiB\", or a time such as \"30 min\"")
        }
        return bound
    }
}
