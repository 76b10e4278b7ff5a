/// The handlers of this executable, by the names that `_HANDLER` selects them with.
package enum HandlerName: String, Sendable, CaseIterable {
    /// Reads CloudTrail's log files and stores the queries that were started.
    case cloudTrailHandler = "cloudtrail_handler"
    /// Asks Athena how the open queries stand.
    case usageUpdate = "usage_update"
    /// Tells people of the queries that have finished.
    case notification
    /// Runs configured SQL on a schedule or on demand.
    case runQuery = "run_query"
    /// Lets programs run queries over HTTP.
    case queryAPI = "query_api"
    /// Deletes the results of those queries when their time is over.
    case queryRetention = "query_retention"
    /// Tells tables of their new partitions.
    case partitionRefresh = "partition_refresh"

    /// Finds a handler by its name.
    ///
    /// - Throws: ``HandlerError/misconfigured(_:)`` that lists the names there are.
    package init(named name: String) throws(HandlerError) {
        guard let handler = HandlerName(rawValue: name) else {
            let known = HandlerName.allCases.map(\.rawValue).joined(separator: ", ")
            throw .misconfigured("_HANDLER: there is no handler '\(name)'; there are \(known)")
        }
        self = handler
    }
}
