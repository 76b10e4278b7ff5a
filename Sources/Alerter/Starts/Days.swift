package import Time

/// Days in UTC, from a first to a last.
package struct Days: Equatable, Sendable {
    private let start: Timestamp
    private let end: Timestamp

    /// Reads `YYYY-MM-DD`, or two of them with `..` between; nil for another form, or when the last comes before the first.
    package init?(_ text: String) {
        let parts = text.split(separator: "..", omittingEmptySubsequences: false).map { Timestamp(date: String($0)) }
        guard (1...2).contains(parts.count), let start = parts.first ?? nil, let end = parts.last ?? nil, start <= end
        else { return nil }
        self.start = start
        self.end = end
    }

    /// The day before a moment.
    package init(before now: Timestamp) {
        start = now - .days(1)
        end = start
    }

    /// The first day, `YYYY-MM-DD`.
    package var first: String { start.date }

    /// The last day, `YYYY-MM-DD`.
    package var last: String { end.date }

    /// The days on which CloudTrail may deliver records of these days, in the form of its keys: these and the next. A file
    /// can hold records of any time before its delivery, usually some minutes.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
    var deliveryFolders: [String] {
        let count = (end - start) / .days(1) + 1
        return (0...Int64(count)).map { (start + .days($0)).formatted("YYYY/MM/DD") }
    }
}
