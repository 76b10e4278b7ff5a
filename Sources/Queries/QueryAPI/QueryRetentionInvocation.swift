import AWS
import LambdaRuntime
import Querying
import Time

/// One invocation of `query_retention`: what was listed and deleted so far.
struct QueryRetentionInvocation {
    /// The time that it takes to delete the last page and to report.
    private static let reserve = Duration.seconds(5)

    private let results: any ResultListing
    private let root: ObjectLocation
    private let context: InvocationContext
    private let deadline: Deadline
    private let now = Timestamp.now
    /// The distinct reasons for which files were not deleted.
    private var failures: [String] = []

    init(results: any ResultListing, root: ObjectLocation, context: InvocationContext) {
        self.results = results
        self.root = root
        self.context = context
        deadline = context.deadline(reserving: Self.reserve)
    }

    /// Goes through the results page by page until all are seen or the time is over.
    ///
    /// - Throws: ``HandlerError`` when files could not be deleted, or ``AWSError`` when they could not be listed.
    mutating func run() throws {
        let folder = ObjectLocation(bucket: root.bucket, key: TenantResults.prefix(in: root))
        var next: String?
        repeat {
            let page = try results.page(of: folder, from: next, before: deadline)
            next = page.next
            delete(page.objects.filter(isExpired).map(\.key))
        } while next != nil && !deadline.hasPassed
        if next != nil { context.log(.warn, "time ran out; the remaining results wait for the next run") }
        guard failures.isEmpty else { throw HandlerError.incomplete(failures) }
    }

    /// Whether an object is a result whose retention is over; the others are counted.
    private func isExpired(_ object: S3Listing.Object) -> Bool {
        guard let minutes = TenantResults.retentionMinutes(of: object.key, root: root),
            let written = Timestamp(iso8601: object.modified)
        else {
            context.metrics.add("ResultFilesUnknown")
            return false
        }
        guard now - written >= .seconds(minutes * 60) else {
            context.metrics.add("ResultFilesKept")
            return false
        }
        return true
    }

    private mutating func delete(_ keys: [String]) {
        for outcome in results.deleteObjects(bucket: root.bucket, keys: keys, before: deadline) {
            switch outcome {
            case .success: context.metrics.add("ResultFilesDeleted")
            case .failure(let error):
                context.metrics.add("ResultFilesNotDeleted")
                if !failures.contains("\(error)") { failures.append("\(error)") }
            }
        }
    }
}
