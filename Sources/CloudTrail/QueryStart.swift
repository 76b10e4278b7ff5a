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

    private struct RequestParameters: Decodable {
        let workGroup: String?
    }

    private struct ResponseElements: Decodable {
        let queryExecutionId: String?
    }

    private struct AdditionalEventData: Decodable {
        let UserName: String?
    }

    /// https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
    private static func isExecutionID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && !text.contains(where: \.isWhitespace)
    }

    init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? {
            let text = try? record.decodeIfPresent(String.self, forKey: key)
            return text.flatMap { $0.isEmpty ? nil : $0 }
        }
        func part<Part: Decodable>(_ type: Part.Type, _ key: CodingKeys) -> Part? {
            try? record.decodeIfPresent(type, forKey: key)
        }
        guard text(.eventSource) == "athena.amazonaws.com", text(.eventName) == "StartQueryExecution" else {
            meaning = .other
            return
        }
        let response = part(ResponseElements.self, .responseElements)
        guard text(.errorCode) == nil, let response else {
            meaning = .failedStart
            return
        }
        guard let id = response.queryExecutionId, Self.isExecutionID(id),
            let time = text(.eventTime).flatMap({ try? Date($0, strategy: .iso8601) })
        else {
            meaning = .malformed
            return
        }
        let identity = part(UserIdentity.self, .userIdentity)
        let workgroup = part(RequestParameters.self, .requestParameters)?.workGroup ?? ""
        meaning = .queryStart(
            QueryStart(
                queryExecutionID: id,
                time: time,
                person: Person(identity, userName: part(AdditionalEventData.self, .additionalEventData)?.UserName),
                principalARN: identity?.arn,
                accountID: text(.recipientAccountId) ?? identity?.accountId,
                region: text(.awsRegion),
                workgroup: workgroup.isEmpty ? Self.defaultWorkgroup : workgroup
            )
        )
    }
}
