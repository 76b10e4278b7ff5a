import AWS
import JSON
import LambdaEvents
import LambdaRuntime
import Partitions
import Time

/// The queue of S3's notifications, as the handler needs it.
protocol NotificationQueue {
    func receive(
        from queueURL: String,
        upTo count: Int,
        hiddenFor hidden: Int64,
        before deadline: Deadline
    ) throws(AWSError) -> [SQS.Message]
    func delete(_ messages: [SQS.Message], from queueURL: String, before deadline: Deadline) -> [String]
}

/// The tables and their partitions, as the handler needs them.
protocol PartitionTables {
    var mode: PartitionRefreshSettings.Mode { get }
    var database: String { get }
    func hasDatabase(before deadline: Deadline) throws(AWSError) -> Bool
    func register(_ partitions: [Partition], before deadline: Deadline) -> [PartitionCatalog.Outcome]
}

extension SQS: NotificationQueue {}
extension PartitionCatalog: PartitionTables {}

/// Registers the partitions that S3's notifications show to be new.
///
/// On a schedule the handler empties the queue of notifications, a hundred messages at a time. Connected to the queue, it
/// gets them from Lambda. A message is done when each of its objects is in a registered partition, or is deliberately
/// skipped. Other messages return to the queue; registering a partition twice changes nothing.
struct PartitionRefreshHandler: LambdaHandler {
    private let settings: PartitionRefreshSettings
    private let sqs: any NotificationQueue
    private let queueURL: String?
    private let catalog: any PartitionTables
    private let cache = RegistrationCache()

    init(
        settings: PartitionRefreshSettings,
        sqs: any NotificationQueue,
        queueURL: String?,
        catalog: any PartitionTables
    ) {
        self.settings = settings
        self.sqs = sqs
        self.queueURL = queueURL
        self.catalog = catalog
    }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let invocation = PartitionRefreshInvocation(
            context: context,
            settings: settings,
            catalog: catalog,
            cache: cache
        )
        defer { invocation.reportOtherLayouts() }
        let hasObjects = event["Records"] != nil || event["source"] == "aws.s3"
        guard settings.isEnabled else {
            guard !hasObjects else {
                throw HandlerError.misconfigured(
                    "partition_refresh.enabled is false; deploy with PARTITION_REFRESH_TRIGGER=schedule, "
                        + "so that messages wait in the queue"
                )
            }
            invocation.log(.info, "partition_refresh is not enabled")
            return .null
        }
        if hasObjects { return try invocation.process(ObjectEvents.items(of: event)) }
        guard let queueURL else {
            throw HandlerError.misconfigured(
                "PARTITION_REFRESH_QUEUE_URL is not set, nor is partition_refresh.queue_url in the settings"
            )
        }
        try invocation.empty(sqs, at: queueURL)
        return .null
    }
}

/// The registrations that need no call, kept from one invocation to the next.
final class RegistrationCache {
    var partitions = KnownPartitions()
    var hasDatabase = false
}
