import JSON
package import Partitions

extension Settings {
    /// What `partition_refresh` is to do.
    package struct PartitionRefresh: Sendable, Equatable {
        /// Whether it does anything.
        package var isEnabled = true
        /// Whether it writes metrics.
        package var hasMetrics = false
        /// Which log lines are wanted, when it is not what Lambda says.
        package var logLevel: String?
        /// What the function is deployed with, when that is to be checked.
        package var memory: Int64?
        /// For how many seconds an invocation may work.
        package var timeout: Int64 = 60
        /// The schedule that is deployed, when that is to be checked.
        package var schedule: String?
        /// The buckets that data come to, and whose data these are.
        package var buckets: [String: Bucket] = [:]
        /// The tables' database, when it is not the one that the environment names.
        package var database: String?
        /// The queue of S3's notifications, likewise.
        package var queueURL: String?
        /// How the tables learn of partitions, likewise.
        package var mode: Mode?
        /// Where Athena writes what its statements say, likewise.
        package var results: String?
        /// The workgroup of its statements, likewise.
        package var workgroup: String?
        /// The forms of keys, when they are not the usual ones; the first that fits counts.
        package var layouts: [PartitionLayout]?

        /// Creates the settings of an empty section.
        package init() {}
    }
}

extension Settings.PartitionRefresh {
    /// How the tables learn of partitions.
    package enum Mode: String, Sendable, CaseIterable {
        /// Athena looks for them.
        case repair
        /// Statements name them.
        case addPartition = "add_partition"
        /// The Glue catalog is told, without any statement.
        case glue
    }

    /// Whose data come to a bucket.
    package struct Bucket: Sendable, Equatable {
        /// The table; nil when the key tells.
        package var table: String?
        /// The forms of its keys, when they are not the usual ones.
        package var layouts: [PartitionLayout]?

        /// Creates a bucket.
        package init(table: String? = nil, layouts: [PartitionLayout]? = nil) {
            self.table = table
            self.layouts = layouts
        }
    }

    /// The forms of a bucket's keys.
    package func layouts(of bucket: Bucket) -> [PartitionLayout] {
        (bucket.layouts ?? layouts ?? PartitionLayout.usual).filter { bucket.table != nil || $0.tellsTable }
    }
}

extension Settings.PartitionRefresh.Mode {
    /// Finds a mode by its name.
    ///
    /// - Throws: ``SettingsError`` that lists the names there are.
    package init(named name: String, key: String) throws(SettingsError) {
        guard let mode = Self(rawValue: name) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(key: key, problem: "there is no mode '\(name)'; there are \(known)")
        }
        self = mode
    }
}

extension Settings.PartitionRefresh {
    init(_ section: Section) throws(SettingsError) {
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
    /// What stands for a table that the key names.
    private static let anyTable = "data"

    fileprivate func flag() throws(SettingsError) -> Bool {
        guard case .bool(let flag) = value else { throw expected("true or false") }
        return flag
    }

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

    fileprivate func buckets() throws(SettingsError) -> [String: Settings.PartitionRefresh.Bucket] {
        var buckets: [String: Settings.PartitionRefresh.Bucket] = [:]
        try read { name, value throws(SettingsError) in
            buckets[name] = try value.bucket()
            return true
        }
        return buckets
    }

    private func bucket() throws(SettingsError) -> Settings.PartitionRefresh.Bucket {
        var bucket = Settings.PartitionRefresh.Bucket()
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
