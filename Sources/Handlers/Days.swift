import Alerting
public import FoundationEssentials

/// Days in UTC, from a first to a last.
public struct Days: Equatable, Sendable {
    private static let format = Date.ISO8601FormatStyle().year().month().day()
    private static let pathFormat = Date.ISO8601FormatStyle(dateSeparator: .omitted).year().month().day()

    private let start: Date
    private let end: Date

    /// Reads `YYYY-MM-DD`, or two of them with `..` between; nil when that is no day, or the last comes before the first.
    public init?(_ text: String) {
        let parts = text.split(separator: "..", omittingEmptySubsequences: false).map { Self.day(String($0)) }
        guard (1...2).contains(parts.count), let start = parts.first ?? nil, let end = parts.last ?? nil, start <= end
        else { return nil }
        self.start = start
        self.end = end
    }

    /// The day before a moment.
    public init(before now: Date) {
        start = now.addingTimeInterval(-86_400)
        end = start
    }

    /// The first day, `YYYY-MM-DD`.
    public var first: String { start.formatted(Self.format) }

    /// The last day, `YYYY-MM-DD`.
    public var last: String { end.formatted(Self.format) }

    /// The days on which CloudTrail may deliver records of these days, as they are in its keys: these and the next. A file
    /// can hold records of any time before its delivery, most of which is minutes.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
    var deliveryFolders: [String] {
        stride(from: start.timeIntervalSince1970, through: end.timeIntervalSince1970 + 86_400, by: 86_400).map { time in
            let digits = Date(timeIntervalSince1970: time).formatted(Self.pathFormat)
            return "\(digits.prefix(4))/\(digits.dropFirst(4).prefix(2))/\(digits.suffix(2))"
        }
    }

    /// A day of the calendar; the parser would take others for days of the next month.
    private static func day(_ text: String) -> Date? {
        guard let day = try? Date(text, strategy: format), day.formatted(format) == text else { return nil }
        return day
    }
}
