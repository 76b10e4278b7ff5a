import JSON
package import Time

/// Lines in CloudWatch Logs.
package struct LogGroups {
    /// The pages that one search reads: a page may be empty although more lines follow.
    private static let maximumPageCount = 20

    private let client: AWSClient

    /// Creates a client of CloudWatch Logs.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// The last line since a moment that has a word, of those that a short search finds; nil when it finds none.
    ///
    /// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    package func lastLine(
        with word: String,
        in group: String,
        since start: Timestamp,
        before deadline: Deadline
    ) throws(AWSError) -> String? {
        var last: String?
        var next: String?
        for _ in 0..<Self.maximumPageCount {
            let input: JSONValue = .object(of: [
                "logGroupName": .string(group),
                "startTime": .integer(start.millisecondsSince1970),
                "filterPattern": .string("\"\(word)\""),
                "nextToken": next.map { .string($0) },
            ])
            let call = AWSCall.json(.logs, "FilterLogEvents", input)
            let (line, token): (String?, String?) = try client.send(call, before: deadline) {
                answer throws(JSONError) in
                let events: [JSONValue] = try answer.optional("events") ?? []
                return (events.last?["message"]?.string, try answer.optional("nextToken"))
            }
            last = line ?? last
            guard let token, token != next else { break }
            next = token
        }
        return last
    }
}
