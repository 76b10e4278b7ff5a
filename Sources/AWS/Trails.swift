package import JSON
package import Time

/// CloudTrail's trails.
package struct Trails {
    let client: AWSClient

    /// Creates a client of CloudTrail.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A trail, as far as it matters here.
    package struct Trail: Sendable, Equatable {
        /// The trail's ARN.
        package let arn: String
        /// The bucket of its log files.
        package let bucket: String
        /// The region in which it was created; only there its state is known.
        package let region: String?
        /// The ARN of the topic that CloudTrail itself notifies of log files; nil without one.
        package let topic: String?
    }

    /// The state of a trail's deliveries.
    package struct Status: Sendable, Equatable {
        /// Whether the trail records events.
        package let isLogging: Bool
        /// The time of the last log file; nil before the first.
        package let lastDelivery: Timestamp?
        /// S3's error code of the last delivery; nil when it succeeded.
        package let error: String?

        /// Creates a status.
        package init(isLogging: Bool, lastDelivery: Timestamp?, error: String?) {
            self.isLogging = isLogging
            self.lastDelivery = lastDelivery
            self.error = error
        }
    }

    /// The trails that record this region, those of other regions and of the organization included.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    package func all(before deadline: Deadline) throws(AWSError) -> [Trail] {
        let call = AWSCall.json(.cloudTrail, "DescribeTrails", [:])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.optional("trailList") ?? []
        }
    }

    /// The state of a trail.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
    package func status(of trail: Trail, before deadline: Deadline) throws(AWSError) -> Status {
        let call = AWSCall.json(
            .cloudTrail,
            "GetTrailStatus",
            ["Name": .string(trail.arn)],
            region: trail.region.flatMap { EndpointResolver.isRegion($0) ? $0 : nil }
        )
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            let delivered: Double? = try answer.optional("LatestDeliveryTime")
            let error: String? = try answer.optional("LatestDeliveryError")
            return Status(
                isLogging: try answer.required("IsLogging"),
                lastDelivery: delivered.flatMap { Timestamp(fractionalSecondsSince1970: $0) },
                error: error?.isEmpty == true ? nil : error
            )
        }
    }
}

extension Trails.Trail: JSONReadable {
    /// Reads what CloudTrail says.
    package init(json: JSONValue) throws(JSONError) {
        arn = try json.required("TrailARN")
        bucket = try json.optional("S3BucketName") ?? ""
        region = try json.optional("HomeRegion")
        topic = try json.optional("SnsTopicARN")
    }
}
