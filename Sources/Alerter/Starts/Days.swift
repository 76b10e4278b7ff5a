package import Time

/// Days in UTC, from a first to a last.
package struct Days: Equatable, Sendable {
    /// The first moment.
    let start: Timestamp
    /// A moment of the last day.
    private let lastDay: Timestamp

    /// Reads `YYYY-MM-DD`, or two of them with `..` between; nil for another form, or when the last comes before the first.
    package init?(_ text: String) {
        let parts = text.split(separator: "..", omittingEmptySubsequences: false).map { Timestamp(date: String($0)) }
        guard (1...2).contains(parts.count), let start = parts.first ?? nil, let end = parts.last ?? nil, start <= end
        else { return nil }
        self.start = start
        lastDay = end
    }

    /// The day before a moment.
    package init(before now: Timestamp) {
        self.init(from: now - .days(1), to: now - .days(1))
    }

    /// The days of two moments and those between them.
    package init(from first: Timestamp, to last: Timestamp) {
        start = Timestamp(date: first.date) ?? first
        lastDay = Timestamp(date: last.date) ?? last
    }

    /// The last moment.
    var end: Timestamp { (Timestamp(date: last) ?? lastDay) + .days(1) - .milliseconds(1) }

    /// Whether a day, `YYYY-MM-DD`, is one of these.
    func contains(_ day: String) -> Bool { first <= day && day <= last }

    /// The first day, `YYYY-MM-DD`.
    package var first: String { start.date }

    /// The last day, `YYYY-MM-DD`.
    package var last: String { lastDay.date }

    /// Each day, `YYYY-MM-DD`.
    var all: [String] { (0...wholeDays).map { (start + .days($0)).date } }

    /// The days after the first. By whole seconds: a quotient of durations is inexact, and 31 days are less than 31 times a
    /// day.
    private var wholeDays: Int64 { (lastDay.secondsSince1970 - start.secondsSince1970) / 86_400 }

    /// The days on which CloudTrail may deliver records of these days, in the form of its keys: these and the next. A file
    /// can hold records of any time before its delivery, usually some minutes.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
    var deliveryFolders: [String] {
        (0...wholeDays + 1).map { (start + .days($0)).formatted("YYYY/MM/DD") }
    }
}
