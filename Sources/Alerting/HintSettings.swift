import JSON
import Settings

/// The part of the settings that is about hints.
package struct HintSettings: Sendable, Equatable {
    /// Hints that the team has turned off.
    package var off: Set<Hint.Kind> = []
    /// The team's own pages, which take the place of AWS's.
    package var links: [Hint.Kind: String] = [:]

    package init() {}

    /// Reads the section `hints`.
    init(_ section: Section) throws(SettingsError) {
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "off":
                off = Set(try value.elements().map { element throws(SettingsError) in try element.hintKind() })
            case "links":
                try value.read { name, value throws(SettingsError) in
                    guard let kind = Hint.Kind(rawValue: name) else { return false }
                    links[kind] = try value.hintLink()
                    return true
                }
            default: return false
            }
            return true
        }
    }
}

extension Section {
    fileprivate func hintKind() throws(SettingsError) -> Hint.Kind {
        guard let kind = value.string.flatMap(Hint.Kind.init) else {
            throw expected("one of " + Hint.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return kind
    }

    fileprivate func hintLink() throws(SettingsError) -> String {
        let text = try text()
        guard text.hasPrefix("https://"), !text.contains(where: { " |<>".contains($0) }) else {
            throw expected("a URL that begins with https://")
        }
        return text
    }
}
