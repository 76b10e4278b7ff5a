import JSON
import Time

/// The counts and times of an invocation, which go to CloudWatch in its embedded metric format.
///
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package final class Metrics {
    private static let namespace = "AthenaAlerter"
    /// CloudWatch's limit for the metrics of one object, and for the values of one metric.
    private static let maximumCount = 100

    private var counts: [(name: String, value: Int)] = []
    private var times: [(name: String, seconds: [Int])] = []

    package init() {}

    /// Adds to a count; adding 0 makes a new count appear as zero.
    package func add(_ name: String, _ value: Int = 1) {
        if let index = counts.firstIndex(where: { $0.name == name }) {
            counts[index].value += value
        } else if counts.count + times.count < Self.maximumCount {
            counts.append((name, value))
        }
    }

    /// Notes how long something took. Of more times than CloudWatch takes at once, the first ones count.
    package func note(_ name: String, _ time: Duration) {
        let seconds = Int(max(.zero, time).components.seconds)
        if let index = times.firstIndex(where: { $0.name == name }) {
            if times[index].seconds.count < Self.maximumCount { times[index].seconds.append(seconds) }
        } else if counts.count + times.count < Self.maximumCount {
            times.append((name, [seconds]))
        }
    }

    /// The times in whole seconds that were noted under a name.
    package func seconds(of name: String) -> [Int] { times.first { $0.name == name }?.seconds ?? [] }

    /// The value of a count, 0 when it is not there.
    package subscript(name: String) -> Int {
        counts.first { $0.name == name }?.value ?? 0
    }

    /// The line that CloudWatch reads, nil without counts and times.
    ///
    /// - Parameters:
    ///   - functionName: the only dimension; CloudWatch bills a metric for each value of a dimension.
    ///   - requestID: a property by which to find the invocation.
    ///   - time: the time of the counts.
    func line(functionName: String, requestID: String, at time: Timestamp) -> String? {
        guard !counts.isEmpty || !times.isEmpty else { return nil }
        let units = counts.map { ($0.name, "Count") } + times.map { ($0.name, "Seconds") }
        let definition: JSONValue = [
            "Namespace": .string(Self.namespace),
            "Dimensions": [["FunctionName"]],
            "Metrics": .array(units.map { ["Name": .string($0), "Unit": .string($1)] }),
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
        let values = counts.map { JSONValue.Member($0.name, .integer(Int64($0.value))) }
        let lists = times.map { JSONValue.Member($0.name, .array($0.seconds.map { .integer(Int64($0)) })) }
        return JSONValue.object(head + values + lists).serialized()
    }
}
