import HTTP
import JSON
package import Time

/// CloudTrail's event history.
extension Trails {
    /// The limit is two requests a second, in each region of an account.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    private static let quota = Pace.Quota(rate: 1.8, burst: 2)

    /// One page of the history, the latest events first.
    package struct Page: Sendable {
        /// The answer, in which each event is a record of CloudTrail.
        package let body: [UInt8]
        /// The time of the oldest event; nil for an empty page.
        package let oldest: Timestamp?
        /// The token that asks for the next page, nil after the last.
        package let next: String?
    }

    /// Reads one page of the events of a name.
    ///
    /// - Parameters:
    ///   - name: the events' name.
    ///   - region: the region in which they happened.
    ///   - start: the time of the oldest event.
    ///   - end: the time of the latest event.
    ///   - token: where an earlier page said that this one begins.
    package func events(
        named name: String,
        in region: String,
        from start: Timestamp,
        to end: Timestamp,
        token: String?
    ) throws(AWSError) -> Page {
        let input: JSONValue = .object(of: [
            "LookupAttributes": [["AttributeKey": "EventName", "AttributeValue": .string(name)]],
            "StartTime": .integer(start.secondsSince1970),
            // The end is taken in; the first second after it is asked for, so that a fraction is not lost.
            "EndTime": .integer(end.secondsSince1970 + 1),
            "MaxResults": 50,
            "NextToken": token.map { .string($0) },
        ])
        let call = AWSCall.json(.cloudTrail, "LookupEvents", input, region: region)
        let answers = client.sendAll([call], inFlight: 1, within: Self.quota, before: .after(.seconds(60)))
        let response = try answers[0].get()
        return try response.read(of: call) { answer throws(JSONError) in
            let events: [JSONValue] = try answer.optional("Events") ?? []
            let times = try events.map { event throws(JSONError) -> Double in try event.required("EventTime") }
            let next: String? = try answer.optional("NextToken")
            return Page(
                body: response.body,
                oldest: times.min().flatMap { Timestamp(fractionalSecondsSince1970: $0) },
                next: next == token ? nil : next
            )
        }
    }
}
