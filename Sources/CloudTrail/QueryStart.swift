public import FoundationEssentials

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

/// A `StartQueryExecution` record, as far as it matters here. Parts that may be absent may be of any shape.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
struct QueryStartRecord: Decodable {
    let meaning: RecordMeaning

    /// Workgroups came after the first users; who names none runs in this one.
    private static let defaultWorkgroup = "primary"

    private enum CodingKeys: String, CodingKey {
        case eventSource, eventName, eventTime, errorCode, awsRegion, recipientAccountId, requestParameters
        case responseElements, userIdentity, additionalEventData
    }

    private enum PartKeys: String, CodingKey {
        case workGroup, queryExecutionId, UserName
    }

    /// https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
    private static func isExecutionID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && !text.contains(where: \.isWhitespace)
    }

    /// A time as CloudTrail writes it. Days and hours that no calendar has are refused, not moved.
    private static func time(_ text: String) -> Date? {
        guard let time = try? Date(text, strategy: .iso8601), time.formatted(.iso8601).prefix(19) == text.prefix(19)
        else { return nil }
        return time
    }

    init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        guard record.text(.eventSource) == "athena.amazonaws.com", record.text(.eventName) == "StartQueryExecution"
        else {
            meaning = .other
            return
        }
        guard record.text(.errorCode) == nil, (try? record.decodeNil(forKey: .responseElements)) == false else {
            meaning = .failedStart
            return
        }
        let response = record.part(.responseElements, by: PartKeys.self)
        guard let id = response?.text(.queryExecutionId), Self.isExecutionID(id),
            let time = record.text(.eventTime).flatMap(Self.time)
        else {
            meaning = .malformed
            return
        }
        let identity = try? record.decodeIfPresent(UserIdentity.self, forKey: .userIdentity)
        let identityCenterName = record.part(.additionalEventData, by: PartKeys.self)?.text(.UserName)
        meaning = .queryStart(
            QueryStart(
                queryExecutionID: id,
                time: time,
                person: Person(identity, userName: identityCenterName),
                principalARN: identity?.arn,
                accountID: record.text(.recipientAccountId) ?? identity?.accountID,
                region: record.text(.awsRegion),
                workgroup: record.part(.requestParameters, by: PartKeys.self)?.text(.workGroup) ?? Self.defaultWorkgroup
            )
        )
    }
}

extension KeyedDecodingContainer {
    /// The text of a member; nil when it is absent, empty, or something else than text.
    func text(_ key: Key) -> String? {
        let text = try? decodeIfPresent(String.self, forKey: key)
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The members of an object; nil when it is absent or something else.
    func part<PartKey: CodingKey>(_ key: Key, by type: PartKey.Type) -> KeyedDecodingContainer<PartKey>? {
        try? nestedContainer(keyedBy: type, forKey: key)
    }
}
