import JSON

/// An array in a document whose elements hold one record each.
///
/// A document is an object at the top of a text, or an element of an array there.
enum RecordArray {
    /// CloudTrail's file: each element is a record.
    case records
    /// The output of `aws cloudtrail lookup-events`: each element has the record as a text.
    case lookedUpEvents
    /// CloudWatch Logs' message to a subscriber: each element has a line of the log as a text.
    case logEvents

    /// Names the array by its member in the document, nil for any other member.
    init?(name: JSONName) {
        switch name {
        case "Records": self = .records
        case "Events": self = .lookedUpEvents
        case "logEvents": self = .logEvents
        default: return nil
        }
    }

    /// The text in an element that holds the record; nil when the element has none.
    func text(in element: JSONText) -> String? {
        switch self {
        case .records: nil
        case .lookedUpEvents: element["CloudTrailEvent"]?.text
        case .logEvents: element["message"]?.text
        }
    }

    /// An element without a record, in the words of an error.
    var elementWithoutRecord: String {
        switch self {
        case .records: "'Records' with an element that is no record"
        case .lookedUpEvents: "'Events' with an element without a 'CloudTrailEvent' that is a record"
        case .logEvents: "'logEvents' with an element without a 'message' that is a record"
        }
    }
}

/// The contents of a document without an array of records.
enum DocumentForm {
    /// The type of CloudWatch Logs' messages that try out a subscription, and hold no records.
    ///
    /// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    static let controlMessage: StaticString = "CONTROL_MESSAGE"

    /// A record: the document itself, or the detail of EventBridge's envelope.
    case record(QueryRecord)
    /// An event of EventBridge that CloudTrail did not record.
    case otherEvent
    /// A list of log files with their hashes, which CloudTrail delivers each hour.
    ///
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
    case digest
    /// A message of CloudWatch Logs without records.
    case control
    /// Anything else, in the words of an error.
    case unknown(String)

    init(_ document: JSONText) {
        if let record = QueryRecord(document), record.isOfCloudTrail {
            self = .record(record)
        } else if document["detail-type"] != nil, let detail = document["detail"] {
            let record = QueryRecord(detail)
            self = record.flatMap { $0.isOfCloudTrail ? .record($0) : nil } ?? .otherEvent
        } else if document["digestStartTime"] != nil {
            self = .digest
        } else if document["messageType"]?.equals(Self.controlMessage) == true {
            self = .control
        } else {
            self = .unknown(Self.description(of: document))
        }
    }

    /// The names of the first members. A name may be any text, so only those in plain letters are told.
    private static func description(of document: JSONText) -> String {
        var document = document
        var names: [String] = []
        let isWhole = document.forEachMember { name, _ in
            if names.count < 5, name.isPlain { names.append("'\(String(decoding: name.bytes, as: UTF8.self))'") }
        }
        guard isWhole else { return "an object that is no JSON" }
        return names.isEmpty ? "an object" : "an object with " + names.joined(separator: ", ")
    }
}

extension JSONName {
    /// Whether a log line can show this name as it is.
    fileprivate var isPlain: Bool {
        bytes.count <= 40
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
