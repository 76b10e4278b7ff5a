public import FoundationEssentials
import Glibc

/// A query that somebody started, as CloudTrail recorded it.
public struct QueryStart: Sendable, Equatable {
    /// Athena's id of the execution.
    public let queryExecutionID: String
    /// When it was started.
    public let time: Date
    /// Who started it.
    public let person: Person
    /// The ARN of the identity that made the call.
    public let principalARN: String?
    /// The account in which the query runs.
    public let accountID: String?
    /// The region in which the query runs.
    public let region: String?
    /// The workgroup in which the query runs.
    public let workgroup: String
}

/// What a record turned out to be.
enum RecordMeaning: Equatable {
    case queryStart(QueryStart)
    /// A start that Athena refused, so that there is no query.
    case failedStart
    /// Something else than a start of a query.
    case other
    /// A start of a query that lacks what it must have.
    case malformed
}

/// A record of CloudTrail, as far as it matters here. Parts that may be absent may be of any shape; of members with one
/// name, the last counts.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
struct QueryStartRecord {
    /// Workgroups came after the first users; who names none runs in this one.
    private static let defaultWorkgroup = "primary"

    private var eventSource, eventName, eventTime, errorCode, awsRegion, recipientAccountID: JSONText?
    private var requestParameters, responseElements, userIdentity, additionalEventData: JSONText?

    /// Reads a record; nil when it is broken.
    init?(_ record: JSONText) {
        var found = QueryStartRecord()
        let isWhole = record.forEachMember { name, value in
            switch name {
            case "eventSource": found.eventSource = value
            case "eventName": found.eventName = value
            case "eventTime": found.eventTime = value
            case "errorCode": found.errorCode = value
            case "awsRegion": found.awsRegion = value
            case "recipientAccountId": found.recipientAccountID = value
            case "requestParameters": found.requestParameters = value
            case "responseElements": found.responseElements = value
            case "userIdentity": found.userIdentity = value
            case "additionalEventData": found.additionalEventData = value
            default: break
            }
        }
        guard isWhole else { return nil }
        self = found
    }

    private init() {}

    /// What the record says.
    var meaning: RecordMeaning {
        guard eventSource?.equals("athena.amazonaws.com") == true, eventName?.equals("StartQueryExecution") == true
        else { return .other }
        guard errorCode?.text == nil, let responseElements, !responseElements.isNull else { return .failedStart }
        guard let id = responseElements["queryExecutionId"]?.text, Self.isExecutionID(id),
            let time = eventTime?.text.flatMap(Self.time)
        else { return .malformed }
        let identity = userIdentity.flatMap(UserIdentity.init)
        return .queryStart(
            QueryStart(
                queryExecutionID: id,
                time: time,
                person: Person(identity, userName: additionalEventData?["UserName"]?.text),
                principalARN: identity?.arn,
                accountID: recipientAccountID?.text ?? identity?.accountID,
                region: awsRegion?.text,
                workgroup: requestParameters?["workGroup"]?.text ?? Self.defaultWorkgroup
            )
        )
    }

    /// https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
    private static func isExecutionID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > UInt8(ascii: " ") }
    }

    /// A time as CloudTrail writes it, `YYYY-MM-DDThh:mm:ssZ`. Days and hours that no calendar has are refused, not moved.
    private static func time(_ text: String) -> Date? {
        var text = text
        let numbers = text.withUTF8(numbers)
        guard let numbers else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers.year - 1900, numbers.month - 1, numbers.day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers.hour, numbers.minute, numbers.second)
        let seconds = timegm(&parts)
        guard parts.tm_mon == numbers.month - 1, parts.tm_hour == numbers.hour, parts.tm_sec == numbers.second
        else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    private typealias Numbers = (year: Int32, month: Int32, day: Int32, hour: Int32, minute: Int32, second: Int32)

    private static func numbers(_ bytes: UnsafeBufferPointer<UInt8>) -> Numbers? {
        guard bytes.count == 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[19] == UInt8(ascii: "Z")
        else { return nil }
        func number(_ places: Range<Int>) -> Int32? {
            var number: Int32 = 0
            for place in places {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) else { return nil }
                number = number * 10 + Int32(bytes[place] - UInt8(ascii: "0"))
            }
            return number
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        return (year, month, day, hour, minute, second)
    }
}
