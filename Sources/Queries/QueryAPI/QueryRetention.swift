import AWS
import JSON
import LambdaRuntime
import Querying
import Time

/// Lists and deletes results, as ``QueryRetention`` needs it.
protocol ResultListing: ResultStore {
    func page(of location: ObjectLocation, from start: String?, before deadline: Deadline) throws(AWSError) -> S3Listing
}

extension S3: ResultListing {
    /// One page of the objects whose keys begin with the location's key.
    func page(of location: ObjectLocation, from start: String?, before deadline: Deadline) throws(AWSError) -> S3Listing
    {
        try list(bucket: location.bucket, prefix: location.key, from: start, before: deadline)
    }
}

/// Deletes the results of `query_api` whose retention is over, and nothing else. The next run continues where time ran
/// out.
struct QueryRetention: LambdaHandler {
    /// The schedule's event says nothing that the handler needs.
    let ignoresEvent = true
    let results: any ResultListing
    let root: ObjectLocation

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        var invocation = QueryRetentionInvocation(results: results, root: root, context: context)
        try invocation.run()
        return .null
    }
}
