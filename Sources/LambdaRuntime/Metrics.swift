import JSON
import Time

/// The counts of an invocation, which go to CloudWatch in its embedded metric format.
///
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package final class Metrics {
    private static let namespace = "AthenaAlerter"
    /// CloudWatch's limit for one object.
    private static let maximumCount = 100

    private var counts: [(name: String, value: Int)] = []

    package init() {}

    /// Adds to a count; adding 0 makes a new count appear as zero.
    package func add(_ name: String, _ value: Int = 1) {
        if let index = counts.firstIndex(where: { $0.name == name }) {
            counts[index].value += value
        } else if counts.count < Self.maximumCount {
            counts.append((name, value))
        }
    }

    /// The value of a count, 0 when it is not there.
    package subscript(name: String) -> Int {
        counts.first { $0.name == name }?.value ?? 0
    }

    /// The line that CloudWatch reads, nil without counts.
    ///
    /// - Parameters:
    ///   - functionName: the only dimension; CloudWatch bills a metric for each value of a dimension.
    ///   - requestID: a property by which to find the invocation.
    ///   - time: the time of the counts.
    func line(functionName: String, requestID: String, at time: Timestamp) -> String? {
        guard !counts.isEmpty else { return nil }
        let definition: JSONValue = [
            "Namespace": .string(Self.namespace),
            "Dimensions": [["FunctionName"]],
            "Metrics": .array(counts.map { ["Name": .string($0.name), "Unit": "Count"] }),
        ]
        let head: [JSONValue.Member] = [
            JSONValue.Member(
                "_aws",
                [
                    "Timestamp": .integer(time.millisecondsSince1970),
                    "CloudWatchMetrics": [definition],
                ]
            ),
            JSONValue.Member("FunctionName", .string(functionName)),
            JSONValue.Member("request_id", .string(requestID)),
        ]
        return JSONValue.object(head + counts.map { JSONValue.Member($0.name, .integer(Int64($0.value))) }).serialized()
    }
}
