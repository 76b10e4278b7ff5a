import AWS
import HTTP
import JSON
import LambdaRuntime
import Querying
import Time

/// Deletes the results of `query_api` whose time is over, and nothing else. What is left when time runs out is the next
/// run's.
struct QueryRetention: LambdaHandler {
    /// What it takes to delete the last page and to report.
    private static let reserve = Duration.seconds(5)

    let s3: S3
    let root: ObjectLocation

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let deadline = context.deadline(reserving: Self.reserve)
        let now = Timestamp.now
        let prefix = TenantResults.prefix(in: root)
        var failures: [String] = []
        var next: String?
        repeat {
            let page = try s3.list(bucket: root.bucket, prefix: prefix, from: next, before: deadline)
            next = page.next
            var expired: [String] = []
            for object in page.objects {
                guard let minutes = TenantResults.retentionMinutes(of: object.key, root: root),
                    let written = Timestamp(iso8601: object.modified)
                else {
                    context.metrics.add("ResultFilesUnknown")
                    continue
                }
                if now - written >= .seconds(minutes * 60) {
                    expired.append(object.key)
                } else {
                    context.metrics.add("ResultFilesKept")
                }
            }
            for outcome in s3.deleteObjects(bucket: root.bucket, keys: expired, before: deadline) {
                switch outcome {
                case .success: context.metrics.add("ResultFilesDeleted")
                case .failure(let error):
                    context.metrics.add("ResultFilesNotDeleted")
                    if !failures.contains("\(error)") { failures.append("\(error)") }
                }
            }
        } while next != nil && !deadline.hasPassed
        if next != nil { context.log(.warn, "time ran out; the remaining results wait for the next run") }
        guard failures.isEmpty else { throw HandlerError.incomplete(failures) }
        return .null
    }
}
