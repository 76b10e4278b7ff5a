import JSON
package import Settings

/// The section `partition_refresh` of the settings file.
package struct PartitionRefreshSettings: Sendable, Equatable {
    /// Whether the handler processes messages.
    package var isEnabled = true
    /// Whether the handler writes metrics.
    package var hasMetrics = false
    /// The lowest level of log lines; nil for Lambda's own setting.
    package var logLevel: String?
    /// The memory that the function must be deployed with, in MB; nil for any.
    package var memory: Int64?
    /// The time that an invocation may take, in seconds.
    package var timeout: Int64 = 60
    /// The schedule that must be deployed; nil for any.
    package var schedule: String?
    /// The buckets, each with the table of its data.
    package var buckets: [String: Bucket] = [:]
    /// The tables' database; nil for the one that the environment names.
    package var database: String?
    /// The queue of S3's notifications; nil for the one that the environment names.
    package var queueURL: String?
    /// The way in which partitions are registered; nil for the one that the environment names.
    package var mode: Mode?
    /// The location of the statements' output; nil for the one that the environment names.
    package var results: String?
    /// The workgroup of the statements; nil for the one that the environment names.
    package var workgroup: String?
    /// The layouts of keys, nil for the usual ones; the first that fits counts.
    package var layouts: [PartitionLayout]?

    /// Creates the settings of an empty section.
    package init() {}
}

extension PartitionRefreshSettings {
    /// A way to register partitions.
    package enum Mode: String, Sendable, CaseIterable {
        /// `MSCK REPAIR TABLE`: Athena looks for the partitions.
        case repair
        /// `ALTER TABLE ADD PARTITION` statements.
        case addPartition = "add_partition"
        /// Calls of the Glue catalog, without a statement.
        case glue
    }

    /// The table of a bucket's data.
    package struct Bucket: Sendable, Equatable {
        /// The table; nil when the key names it.
        package var table: String?
        /// The layouts of its keys, nil for the usual ones.
        package var layouts: [PartitionLayout]?

        /// Creates a bucket.
        package init(table: String? = nil, layouts: [PartitionLayout]? = nil) {
            self.table = table
            self.layouts = layouts
        }
    }

    /// The layouts of a bucket's keys.
    package func layouts(of bucket: Bucket) -> [PartitionLayout] {
        (bucket.layouts ?? layouts ?? PartitionLayout.usual).filter { bucket.table != nil || $0.tellsTable }
    }
}

extension PartitionRefreshSettings.Mode {
    /// Finds a mode by its name.
    ///
    /// - Throws: ``SettingsError`` that lists the names.
    package init(named name: String, key: String) throws(SettingsError) {
        guard let mode = Self(rawValue: name) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(key: key, problem: "there is no mode '\(name)'; there are \(known)")
        }
        self = mode
    }
}
