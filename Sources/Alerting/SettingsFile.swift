import JSON

/// What is wrong with the settings: the key, and what was expected there.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The key with its parents, such as `slack.channel`; empty for the file as a whole.
    package let key: String
    /// What was expected, or what is wrong.
    package let problem: String

    /// Creates an error.
    package init(key: String, problem: String) {
        self.key = key
        self.problem = problem
    }

    /// The error in one line.
    package var description: String { key.isEmpty ? "settings: \(problem)" : "settings: \(key): \(problem)" }
}

extension Settings {
    /// Reads the text of a settings file.
    ///
    /// - Throws: ``SettingsError`` for the first key that is unknown or of the wrong type.
    package init(file: some Sequence<UInt8>) throws(SettingsError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: file)
        } catch {
            throw SettingsError(key: "", problem: "\(error)")
        }
        try self.init(Section(key: "", value: document))
    }

    private init(_ file: Section) throws(SettingsError) {
        self.init()
        try file.read { key, value throws(SettingsError) in
            switch key {
            case "$schema": break
            case "slack": slack = try Slack(value)
            case "thresholds": thresholds = try Thresholds(value)
            case "price_per_tb": pricePerTB = try value.price()
            case "messages": messages = try Messages(value)
            case "partition_refresh": partitionRefresh = try PartitionRefresh(value)
            case "queries_table": queriesTable = try value.text()
            case "sqs_queue_url": queueURL = try value.text()
            case "retention_days": retentionDays = try value.wholeNumber(in: 15...36500)
            default: return false
            }
            return true
        }
    }
}

extension Settings.Slack {
    fileprivate init(_ section: Section) throws(SettingsError) {
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "bot_token": botToken = try value.secret()
            case "webhook_url":
                webhookURL = try value.secret()
                if case .literal(let url) = webhookURL { try Self.requireConfidential(webhookURL: url) }
            case "channel": channel = try value.text()
            case "email_domain": emailDomain = try value.text().withoutLeadingAt
            case "user_mappings": userMappings = try value.texts()
            default: return false
            }
            return true
        }
    }
}

extension Settings.Thresholds {
    fileprivate init(_ section: Section) throws(SettingsError) {
        var user: ByteSize?
        var channel: ByteSize?
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "user": user = try value.size()
            case "channel": channel = try value.size()
            default: return false
            }
            return true
        }
        self.init(user: user ?? Settings.Thresholds().user, channel: channel)
    }
}

extension Settings.Messages {
    fileprivate init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "query": query = try value.template()
            case "channel": channel = try value.template()
            case "user": user = try value.template()
            case "sql_characters": sqlCharacters = try value.wholeNumber(in: 0...2500)
            default: return false
            }
            return true
        }
    }
}

/// A value of the file with the key that leads to it.
struct Section {
    let key: String
    let value: JSONValue

    /// Reads the members of an object; `null` counts as left out.
    func read(_ member: (String, Section) throws(SettingsError) -> Bool) throws(SettingsError) {
        guard case .object(let members) = value else { throw expected("an object") }
        for element in members where element.value != .null {
            let path = key.isEmpty ? element.name : "\(key).\(element.name)"
            guard try member(element.name, Section(key: path, value: element.value)) else {
                throw SettingsError(key: path, problem: "there is no such setting")
            }
        }
    }

    func text() throws(SettingsError) -> String {
        guard case .string(let text) = value, !text.isEmpty else { throw expected("a text that is not empty") }
        return text
    }

    func texts() throws(SettingsError) -> [String: String] {
        var texts: [String: String] = [:]
        try read { name, value throws(SettingsError) in
            texts[name] = try value.text()
            return true
        }
        return texts
    }

    func secret() throws(SettingsError) -> Secret {
        let secret = Secret(try text())
        guard secret != .parameter(""), secret != .secret(id: "", member: nil) else {
            throw expected("a name after the colon")
        }
        if case .literal(let text) = secret { return .literal(try Secret.word(of: text, key: key)) }
        return secret
    }

    func template() throws(SettingsError) -> MessageTemplate {
        let text = try text()
        do {
            return try MessageTemplate(text)
        } catch {
            throw SettingsError(key: key, problem: error.reason)
        }
    }

    func size() throws(SettingsError) -> ByteSize {
        switch value {
        case .integer(let bytes) where bytes >= 0: return ByteSize(bytes: bytes)
        case .string(let text):
            if let size = ByteSize(text) { return size }
        default: break
        }
        throw expected("a number of bytes or a size such as \"100 GiB\"")
    }

    func price() throws(SettingsError) -> Double {
        switch value {
        case .integer(let dollars) where (0...1000).contains(dollars): return Double(dollars)
        case .number(let dollars) where (0...1000).contains(dollars): return dollars
        default: throw expected("a price in dollars from 0 to 1000, such as 5.0")
        }
    }

    func wholeNumber(in range: ClosedRange<Int64>) throws(SettingsError) -> Int64 {
        guard case .integer(let number) = value, range.contains(number) else {
            throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func expected(_ what: String) -> SettingsError {
        SettingsError(key: key, problem: "expected \(what), found \(value.kind)")
    }
}

extension String {
    fileprivate var withoutLeadingAt: String { hasPrefix("@") ? String(dropFirst()) : self }
}
