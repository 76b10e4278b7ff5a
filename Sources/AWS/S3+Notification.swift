import HTTP
package import Time

/// The notifications of buckets.
extension S3 {
    /// The receivers of a bucket's notifications.
    package struct Notification: Sendable, Equatable {
        /// The ARNs of functions, topics and queues.
        package let receivers: [String]
        /// Whether EventBridge receives all of the bucket's events.
        package let isToEventBridge: Bool

        /// Creates a notification.
        package init(receivers: [String], isToEventBridge: Bool) {
            self.receivers = receivers
            self.isToEventBridge = isToEventBridge
        }
    }

    /// The receivers of a bucket's notifications.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
    package func notification(of bucket: String, before deadline: Deadline) throws(AWSError) -> Notification {
        let call = AWSCall(
            service: .s3,
            operation: "GetBucketNotification",
            method: "GET",
            resource: .object(bucket: bucket, key: ""),
            query: "notification="
        )
        let answer = try client.send(call, before: deadline).document(of: call)
        let kinds = [
            ("CloudFunctionConfiguration", "CloudFunction"), ("TopicConfiguration", "Topic"),
            ("QueueConfiguration", "Queue"),
        ]
        return Notification(
            receivers: kinds.flatMap { list, member in answer.all(list).compactMap { $0[member]?.text } },
            isToEventBridge: answer["EventBridgeConfiguration"] != nil
        )
    }
}
