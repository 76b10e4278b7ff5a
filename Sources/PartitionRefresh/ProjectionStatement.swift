import Partitions

/// The statement that turns partition projection on for one table, from the settings of `partition_refresh`.
struct ProjectionStatement {
    let sql: String

    /// A reason for which there is no such statement.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Makes the statement.
    ///
    /// - Parameter location: the table's location, where its layout does not name it.
    init(table: String, location: String?, settings: PartitionRefreshSettings) throws(Failure) {
        let name = table.lowercased()
        let own = settings.buckets.filter { $0.value.table == name }
        let buckets = own.isEmpty ? settings.buckets.filter { $0.value.table == nil } : own
        guard let (bucketName, bucket) = buckets.first, buckets.count == 1 else {
            let found = buckets.isEmpty ? "none" : buckets.keys.sorted().joined(separator: ", ")
            let problem = "expected one bucket with the data of '\(table)', found \(found)"
            throw Failure(description: "partition_refresh.buckets: \(problem)")
        }
        let layouts = settings.layouts(of: bucket)
        guard let layout = layouts.first, layouts.count == 1 else {
            let problem = "expected an object with one of 'layouts', that of '\(table)'; \(layouts.count) may be meant"
            throw Failure(description: "partition_refresh.buckets.\(bucketName): \(problem)")
        }
        var place = "s3://\(bucketName)/"
        if layout.tellsTable {
            guard location == nil else {
                throw Failure(description: "the layout tells where '\(table)' is; leave the location out")
            }
        } else {
            guard let location, location.hasPrefix(place) else {
                throw Failure(description: "say where '\(table)' is, in \(place); see athena-alerter --help")
            }
            place = location.hasSuffix("/") ? location : location + "/"
        }
        do throws(PartitionLayout.Mistake) {
            sql = try PartitionProjection(layout, table: name, location: place).statement
        } catch {
            throw Failure(description: error.reason)
        }
    }
}
