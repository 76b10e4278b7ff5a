import JSON
package import Time

/// Metrics and alarms in CloudWatch.
package struct CloudWatch {
    private static let secondsOfPeriod: Int64 = 300
    /// The greatest number of metrics in one request.
    ///
    /// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    private static let maximumMetricCount = 500

    private let client: AWSClient

    /// Creates a client of CloudWatch.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A metric with one dimension.
    package struct Metric: Sendable, Hashable {
        let namespace: String
        let name: String
        let dimension: String
        let value: String

        /// Creates a metric.
        package init(_ namespace: String, _ name: String, of dimension: String, _ value: String) {
            self.namespace = namespace
            self.name = name
            self.dimension = dimension
            self.value = value
        }
    }

    /// The function over a metric's values.
    package enum Statistic: String, Sendable {
        case sum = "Sum"
        case maximum = "Maximum"
    }

    /// The values of metrics between two moments: their sum or their maximum. One without values is left out.
    package func values(
        _ statistic: Statistic,
        of metrics: [Metric],
        from start: Timestamp,
        to end: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> [Metric: Double] {
        precondition(metrics.count <= Self.maximumMetricCount, "too many metrics for one request")
        let ids = Dictionary(uniqueKeysWithValues: metrics.enumerated().map { ("m\($0)", $1) })
        let queries = ids.map { id, metric in
            [
                "Id": .string(id),
                "MetricStat": [
                    "Metric": metric.json, "Period": .integer(Self.secondsOfPeriod),
                    "Stat": .string(statistic.rawValue),
                ],
            ] as JSONValue
        }
        var values: [Metric: Double] = [:]
        var next: String?
        repeat {
            let input: JSONValue = .object(of: [
                "MetricDataQueries": .array(queries),
                "StartTime": .integer(start.secondsSince1970),
                "EndTime": .integer(end.secondsSince1970),
                "NextToken": next.map { .string($0) },
            ])
            let call = AWSCall.json(.cloudWatch, "GetMetricData", input)
            let page = try client.send(call, before: deadline, reading: Page.init)
            for result in page.results {
                guard let metric = ids[result.id], let value = statistic.value(of: result.values) else { continue }
                values[metric] = statistic.value(of: [value] + (values[metric].map { [$0] } ?? []))
            }
            guard page.next == nil || page.next != next else {
                throw .unreadable(call: call.name, reason: "the answer does not go on")
            }
            next = page.next
        } while next != nil
        return values
    }

    /// The names of the alarms that go off, of those whose names begin with a text.
    ///
    /// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    package func alarmsOff(beginningWith prefix: String, before deadline: Deadline) throws(AWSError) -> [String] {
        let input: JSONValue = ["AlarmNamePrefix": .string(prefix), "StateValue": "ALARM", "MaxRecords": 100]
        return try client.send(AWSCall.json(.cloudWatch, "DescribeAlarms", input), before: deadline) {
            answer throws(JSONError) in
            let alarms: [JSONValue] = try answer.optional("MetricAlarms") ?? []
            return alarms.filter { $0["StateValue"]?.string == "ALARM" }.compactMap { $0["AlarmName"]?.string }
        }
    }

    private struct Page: JSONReadable {
        let results: [Result]
        let next: String?

        init(json: JSONValue) throws(JSONError) {
            results = try json.optional("MetricDataResults") ?? []
            let token: String? = try json.optional("NextToken")
            next = token?.isEmpty == true ? nil : token
        }
    }

    private struct Result: JSONReadable {
        let id: String
        let values: [Double]

        init(json: JSONValue) throws(JSONError) {
            id = try json.required("Id")
            values = try json.optional("Values") ?? []
        }
    }
}

extension CloudWatch.Metric {
    fileprivate var json: JSONValue {
        [
            "Namespace": .string(namespace), "MetricName": .string(name),
            "Dimensions": [["Name": .string(dimension), "Value": .string(value)]],
        ]
    }
}

extension CloudWatch.Statistic {
    fileprivate func value(of values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        switch self {
        case .sum: return values.reduce(0, +)
        case .maximum: return values.max()
        }
    }
}
