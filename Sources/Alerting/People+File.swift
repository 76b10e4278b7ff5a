import JSON
package import Settings

extension People {
    /// Reads the section `people`.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    package init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "aliases": try readAliases(value)
            case "owners": try readOwners(value)
            case "machines":
                machines = try value.elements().map { element throws(SettingsError) in
                    Wildcard(try element.text())
                }
            case "sql_comments":
                comments = try value.elements().map { element throws(SettingsError) in
                    try element.commentPattern()
                }
            default: return false
            }
            return true
        }
    }

    private mutating func readAliases(_ section: Section) throws(SettingsError) {
        try section.read { name, value throws(SettingsError) in
            let person = try value.text()
            switch Receiver(person) {
            case .address, .slackUser: break
            case .channel, nil: throw value.expected("the person's address or Slack id, such as U0123456789")
            }
            if let other = aliases[name.lowercased()], other != person {
                throw SettingsError(key: value.key, problem: "this name, in other letters, has another alias already")
            }
            aliases[name.lowercased()] = person
            return true
        }
    }

    private mutating func readOwners(_ section: Section) throws(SettingsError) {
        try section.read { program, value throws(SettingsError) in
            guard let receiver = Receiver(try value.text()) else {
                throw value.expected("an address, a Slack id, or a channel such as \"#etl\"")
            }
            owners.append(Owner(program: Wildcard(program), receiver: receiver))
            return true
        }
    }
}

extension Section {
    /// A pattern alone, or an object with the tool that writes such comments.
    fileprivate func commentPattern() throws(SettingsError) -> CommentPattern {
        var pattern: Section? = self
        var tool: String?
        if case .object = value {
            pattern = nil
            try read { key, value throws(SettingsError) in
                switch key {
                case "pattern": pattern = value
                case "tool": tool = try value.text()
                default: return false
                }
                return true
            }
        }
        guard let pattern else { throw SettingsError(key: key, problem: "expected the member pattern, found none") }
        guard let form = CommentPattern(try pattern.text(), tool: tool) else {
            throw pattern.expected("a text with {person} once and other text before it, such as \"-- user: {person}\"")
        }
        return form
    }
}
