import JSON
package import Settings

extension AlerterSettings {
    /// Reads a member of the settings file.
    ///
    /// - Parameters:
    ///   - name: the member's name.
    ///   - value: the member's value.
    ///   - timeZones: the time zones that there are besides UTC.
    /// - Returns: whether the member is one of the alerter's.
    /// - Throws: ``SettingsError`` that names the key and the expected value.
    package mutating func read(
        _ name: String,
        _ value: Section,
        timeZones: TimeZoneSource = { _ in nil }
    ) throws(SettingsError) -> Bool {
        switch name {
        case "slack": slack = try Slack(value)
        case "people": people = try People(value)
        case "thresholds": thresholds = try Thresholds(value)
        case "price_per_tb": pricePerTB = try value.price("a price in dollars")
        case "prices": prices = try value.prices()
        case "messages": messages.apply(try Messages.Change(value))
        case "alerts": alerts = try Alerts(value)
        case "quiet": quiet = try Quiet(value)
        case "hints": hints = try HintSettings(value)
        case "rules": rules = try Rules(value)
        case "time_zone": timeZone = try value.timeZone(from: timeZones)
        case "budgets": budgets = try Budgets(value, timeZones: timeZones)
        case "running": running = try Running(value)
        case "reports": reports = try ReportSettings(value)
        case "queries_table": queriesTable = try value.text()
        case "sqs_queue_url": queueURL = try value.text()
        case "retention_days": retentionDays = try value.wholeNumber(in: 15...36500)
        case "table_sql": storedSQL = try StoredSQL(value)
        default: return false
        }
        return true
    }
}

extension AlerterSettings.Slack {
    fileprivate init(_ section: Section) throws(SettingsError) {
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "bot_token": botToken = try value.secret()
            case "webhook_url":
                webhookURL = try value.secret()
                if case .literal(let url) = webhookURL { try Self.requireConfidential(webhookURL: url) }
            case "channel": channel = try value.text()
            case "email_domain": emailDomain = try value.text()
            case "user_mappings": userMappings = try value.texts()
            default: return false
            }
            return true
        }
    }
}

extension AlerterSettings.Thresholds {
    fileprivate init(_ section: Section) throws(SettingsError) {
        let change = try Change(section)
        self.init(user: change.user, channel: change.channel)
    }
}

extension AlerterSettings.Thresholds.Change {
    /// Reads the section `thresholds`, of the file or of a rule.
    init(_ section: Section) throws(SettingsError) {
        try section.read(withNull: true) { key, value throws(SettingsError) in
            switch key {
            case "user": user = try value.threshold()
            case "channel": channel = try value.threshold()
            default: return false
            }
            return true
        }
    }
}

extension AlerterSettings.Alerts {
    fileprivate init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            guard key == "stopped_by_limit" else { return false }
            stoppedByLimit = try value.flag()
            return true
        }
    }
}

extension AlerterSettings.Quiet {
    fileprivate init(_ section: Section) throws(SettingsError) {
        self.init()
        try section.read { key, value throws(SettingsError) in
            guard key == "thread" else { return false }
            guard let found = value.value.string.flatMap(Thread.init) else {
                throw value.expected(Thread.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "))
            }
            thread = found
            return true
        }
    }
}

extension AlerterSettings.Messages.Change {
    /// Reads the section `messages`, of the file or of a rule.
    init(_ section: Section) throws(SettingsError) {
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "query": query = try value.template()
            case "channel": channel = try value.template()
            case "user": user = try value.template()
            case "sql_characters": sqlCharacters = try value.wholeNumber(in: 0...2500)
            case "sql": try readSQL(value)
            default: return false
            }
            return true
        }
    }

    /// Reads one value for both targets, or one for each.
    private mutating func readSQL(_ section: Section) throws(SettingsError) {
        guard case .object = section.value else {
            channelSQL = try section.sqlDisplay()
            userSQL = channelSQL
            return
        }
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "channel": channelSQL = try value.sqlDisplay()
            case "user": userSQL = try value.sqlDisplay()
            default: return false
            }
            return true
        }
    }
}

extension Section {
    fileprivate func template() throws(SettingsError) -> MessageTemplate {
        let text = try text()
        do {
            return try MessageTemplate(text)
        } catch {
            throw SettingsError(key: key, problem: error.reason)
        }
    }

    func sqlDisplay() throws(SettingsError) -> SQLDisplay {
        guard let display = value.string.flatMap(SQLDisplay.init) else {
            throw expected(SQLDisplay.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "))
        }
        return display
    }

    fileprivate func threshold() throws(SettingsError) -> Threshold {
        switch value {
        case .null: return .never
        case .integer(let bytes) where bytes >= 0: return .size(ByteSize(bytes: bytes))
        case .string(let text):
            if let threshold = Threshold(text) { return threshold }
        default: break
        }
        throw expected("an amount such as \"$5\", a size such as \"100 GiB\", a number of bytes, or null for never")
    }

    fileprivate func prices() throws(SettingsError) -> [String: Double] {
        var prices: [String: Double] = [:]
        try read { region, value throws(SettingsError) in
            prices[region] = try value.price("a price")
            return true
        }
        return prices
    }

    fileprivate func price(_ name: String) throws(SettingsError) -> Double {
        switch value {
        case .integer(let dollars) where (0...1000).contains(dollars): return Double(dollars)
        case .number(let dollars) where (0...1000).contains(dollars): return dollars
        default: throw expected("\(name) from 0 to 1000, such as 5.0")
        }
    }
}
