import JSON
package import Settings

extension PartitionRefreshSettings {
    /// Reads the section.
    ///
    /// - Throws: ``SettingsError`` that names the key and what was expected there.
    package init(_ section: Section) throws(SettingsError) {
        try section.read { key, value throws(SettingsError) in
            switch key {
            case "enabled": isEnabled = try value.flag()
            case "enable_custom_metrics": hasMetrics = try value.flag()
            case "log_level": logLevel = try value.logLevel()
            case "memory": memory = try value.wholeNumber(in: 128...10240)
            case "timeout": timeout = try value.wholeNumber(in: 10...900)
            case "schedule_expression": schedule = try value.text()
            case "buckets": buckets = try value.buckets()
            case "database_name": database = try value.text()
            case "queue_url": queueURL = try value.text()
            case "refresh_mode": mode = try Mode(named: value.text(), key: value.key)
            case "results_bucket": results = try value.text()
            case "workgroup": workgroup = try value.text()
            case "layouts": layouts = try value.layouts()
            default: return false
            }
            return true
        }
        for (name, bucket) in buckets where bucket.table == nil && layouts(of: bucket).isEmpty {
            let key = "\(section.key).buckets.\(name)"
            throw SettingsError(key: key, problem: "expected a table, for no layout has {table} in it")
        }
    }
}

extension Section {
    /// The name in the settings for a table that the key names.
    private static let anyTable = "data"

    fileprivate func logLevel() throws(SettingsError) -> String {
        guard let level = value.string, ["debug", "info", "warn", "error"].contains(level.lowercased()) else {
            throw expected("debug, info, warn or error")
        }
        return level
    }

    fileprivate func layouts() throws(SettingsError) -> [PartitionLayout] {
        guard let templates = value.array, !templates.isEmpty else { throw expected("an array of layouts") }
        return try templates.map { template throws(SettingsError) in
            let text = try Section(key: key, value: template).text()
            do throws(PartitionLayout.Mistake) {
                return try PartitionLayout(text)
            } catch {
                throw SettingsError(key: key, problem: "'\(text)': \(error.reason)")
            }
        }
    }

    fileprivate func buckets() throws(SettingsError) -> [String: PartitionRefreshSettings.Bucket] {
        var buckets: [String: PartitionRefreshSettings.Bucket] = [:]
        try read { name, value throws(SettingsError) in
            buckets[name] = try value.bucket()
            return true
        }
        return buckets
    }

    private func bucket() throws(SettingsError) -> PartitionRefreshSettings.Bucket {
        var bucket = PartitionRefreshSettings.Bucket()
        if value.string != nil {
            let table = try text()
            bucket.table = table == Self.anyTable ? nil : table.lowercased()
            return bucket
        }
        guard case .object = value else { throw expected("a table's name or an object") }
        try read { key, value throws(SettingsError) in
            switch key {
            case "table": bucket.table = try value.text().lowercased()
            case "layouts": bucket.layouts = try value.layouts()
            default: return false
            }
            return true
        }
        return bucket
    }
}
