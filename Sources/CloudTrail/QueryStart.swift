package import Time

/// The start of a query, as CloudTrail recorded it.
package struct QueryStart: Sendable, Equatable {
    /// Athena's id of the execution.
    package let executionID: String
    /// The time of the start.
    package let time: Timestamp
    /// The person or program that started it.
    package let caller: Caller
    /// The ARN of the identity that made the call.
    package let principalARN: String?
    /// The account in which the query runs.
    package let accountID: String?
    /// The region in which the query runs.
    package let region: String?
    /// The workgroup in which the query runs; nil when the record leaves out what was asked for.
    package let workgroup: String?
}

/// The meaning of a record.
enum RecordMeaning: Equatable {
    case queryStart(QueryStart)
    case queryStop(QueryStop)
    /// A start that Athena refused: no query ran.
    case failedStart
    /// Any other event.
    case other
    /// CloudTrail's own remark on unusual activity.
    case insight
    /// A start without an id or a time.
    case malformed
}

/// The members of a CloudTrail record that a query's start or stop needs. An optional member of an unexpected kind counts as
/// absent; of members with one name, the last counts.
///
/// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
struct QueryRecord {
    /// The workgroup of a query whose start names none, as starts from before workgroups existed do.
    private static let defaultWorkgroup = "primary"

    private var eventSource, eventName, eventTime, errorCode, awsRegion, recipientAccountID, eventType: JSONText?
    private var responseElements, startedID, userAgent, identityCenterName: JSONText?
    private var request: Request?
    private var identityMembers: UserIdentity.Members?

    /// The members of `requestParameters`.
    private struct Request {
        private(set) var workgroup, omitted, stoppedID: JSONText?

        /// Reads the members; nil for anything but an object. One with a mistake counts as empty.
        init?(_ parameters: inout JSONText) {
            guard parameters.isObject else { return nil }
            let isWhole = parameters.forEachMember { name, value in
                switch name {
                case "workGroup": workgroup = value
                case "omitted": omitted = value
                case "queryExecutionId": stoppedID = value
                default: break
                }
            }
            if !isWhole { (workgroup, omitted, stoppedID) = (nil, nil, nil) }
        }
    }

    /// Reads a record; nil when its JSON is broken.
    init?(_ record: JSONText) {
        var record = record
        let isWhole = record.forEachMember { name, value in
            switch name {
            case "eventSource": eventSource = value
            case "eventName": eventName = value
            case "eventTime": eventTime = value
            case "errorCode": errorCode = value
            case "awsRegion": awsRegion = value
            case "recipientAccountId": recipientAccountID = value
            case "requestParameters": request = Request(&value)
            case "responseElements":
                startedID = value.member("queryExecutionId")
                responseElements = value
            case "userIdentity": identityMembers = UserIdentity.Members(&value)
            case "userAgent": userAgent = value
            case "additionalEventData": identityCenterName = value.member("UserName")
            case "eventType": eventType = value
            default: break
            }
        }
        guard isWhole else { return nil }
    }

    /// Whether this has what each record of CloudTrail has.
    var isOfCloudTrail: Bool {
        isInsight || eventName != nil && eventSource?.isString == true && !isOfNotification
    }

    /// Whether this is a record of S3, of a queue or of a stream, which has the same members and another form of source.
    var isOfNotification: Bool { eventSource?.begins(with: "aws:") == true }

    var meaning: RecordMeaning {
        guard eventSource?.equals("athena.amazonaws.com") == true, let eventName else {
            return isInsight ? .insight : .other
        }
        // A call through a VPC endpoint has a second record, of the network activity.
        let isOfEndpoint = eventType?.equals("AwsVpceEvent") == true
        if eventName.equals("StartQueryExecution") { return isOfEndpoint ? .other : start }
        if eventName.equals("StopQueryExecution"), !isOfEndpoint, let stop { return .queryStop(stop) }
        return isInsight ? .insight : .other
    }

    private var start: RecordMeaning {
        guard errorCode?.text == nil, let responseElements, !responseElements.isNull else { return .failedStart }
        guard let id = startedID?.text, Self.isExecutionID(id), let time else { return .malformed }
        let identity = UserIdentity(identityMembers ?? UserIdentity.Members())
        return .queryStart(
            QueryStart(
                executionID: id,
                time: time,
                caller: caller(identity),
                principalARN: identity.arn,
                accountID: recipientAccountID?.text ?? identity.accountID,
                region: awsRegion?.text,
                workgroup: workgroup
            )
        )
    }

    /// A stop that Athena accepted; nil for one that it refused, and for a record without an id, a time or a caller.
    private var stop: QueryStop? {
        guard errorCode?.text == nil, let id = request?.stoppedID?.text, Self.isExecutionID(id), let time,
            let identityMembers
        else { return nil }
        let identity = UserIdentity(identityMembers)
        return QueryStop(
            executionID: id,
            time: time,
            caller: caller(identity),
            accountID: recipientAccountID?.text ?? identity.accountID
        )
    }

    private var time: Timestamp? { eventTime?.withText { Timestamp(iso8601: $0) } }

    private func caller(_ identity: UserIdentity) -> Caller {
        Caller(identity, agent: UserAgent(userAgent), userName: identityCenterName?.text)
    }

    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html
    private var isInsight: Bool { eventType?.equals("AwsCloudTrailInsight") == true }

    /// The workgroup; nil without parameters, and where CloudTrail has left out some because they are too long.
    private var workgroup: String? {
        guard let request else { return nil }
        return request.workgroup?.text ?? (request.omitted == nil ? Self.defaultWorkgroup : nil)
    }

    /// Whether a text can be the id of an execution.
    ///
    /// https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
    private static func isExecutionID(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { (1...128).contains($0.count) && $0.allSatisfy { $0 > UInt8(ascii: " ") } }
    }
}
