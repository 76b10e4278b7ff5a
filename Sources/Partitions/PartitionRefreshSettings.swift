import JSON
package import Settings

/// The section `partition_refresh` of the settings file.
package struct PartitionRefreshSettings: Sendable, Equatable {
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

extension PartitionRefreshSettings {
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

extension PartitionRefreshSettings.Mode {
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
