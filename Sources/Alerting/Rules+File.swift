import JSON
package import Settings

extension Rules {
    /// Reads the section `rules`.
    ///
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    package init(_ section: Section) throws(SettingsError) {
        self.init(
            try section.elements().map { element throws(SettingsError) in
                try Rule(element)
            }
        )
    }
}

extension Rule {
    fileprivate init(_ section: Section) throws(SettingsError) {
        var match: [Member: [Wildcard]]?
        var effect = Effect()
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "match": match = try value.forms()
            case "ignore": effect.isIgnored = try value.flag()
            case "thresholds": effect.thresholds = try AlerterSettings.Thresholds.Change(value)
            case "channel": effect.channel = try value.text()
            case "notify": effect.personalReceiver = try value.personalReceiver()
            case "messages": effect.messages = try AlerterSettings.Messages.Change(value)
            default: return false
            }
            return true
        }
        guard let match else {
            throw SettingsError(key: section.key, problem: "expected the member match, found none")
        }
        self.init(match: match, effect: effect)
    }
}

extension Section {
    /// The forms of each member. A member that is null is refused: without it the rule would be about more queries.
    func forms() throws(SettingsError) -> [Rule.Member: [Wildcard]] {
        if case .object(let members) = value, let empty = members.first(where: { $0.value == .null }) {
            throw Section(key: "\(key).\(empty.name)", value: .null).expectedForms
        }
        var forms: [Rule.Member: [Wildcard]] = [:]
        try read { name, value throws(SettingsError) in
            guard let member = Rule.Member(rawValue: name) else { return false }
            forms[member] = try value.formOrForms()
            return true
        }
        return forms
    }

    private func formOrForms() throws(SettingsError) -> [Wildcard] {
        if case .string = value { return [Wildcard(try text())] }
        guard let elements = value.array, !elements.isEmpty else { throw expectedForms }
        return try self.elements().map { element throws(SettingsError) in Wildcard(try element.text()) }
    }

    private var expectedForms: SettingsError { expected("a pattern, or a list of patterns") }

    fileprivate func personalReceiver() throws(SettingsError) -> PersonalReceiver {
        if value == .bool(false) { return .nobody }
        guard case .string(let text) = value, let receiver = People.Receiver(text) else {
            throw expected("an address, a Slack id, a channel such as \"#etl\", or false")
        }
        return .receiver(receiver)
    }
}
