import Foundation
import GzipFixture
import Testing

@testable import CloudTrail

/// The forms in which people have records.
@Suite struct RecordFormTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let ids: [String]
        var others = 0
        var malformed = 0
    }

    private static func start(_ id: String) -> String {
        #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","#
            + #""eventTime":"2026-01-01T12:00:00Z","requestParameters":{"queryString":"SELECT \"a\\b\" -- é😀","#
            + #""workGroup":"w"},"responseElements":{"queryExecutionId":"\#(id)"}}"#
    }

    private static let other =
        #"{"eventVersion":"1.09","eventSource":"s3.amazonaws.com","eventName":"GetObject","a":[{"b":"}"}]}"#
    private static let insight =
        #"{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","eventCategory":"Insight","insightDetails":"#
        + #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution"}}"#
    private static let digest = #"{"awsAccountId":"1","digestStartTime":"2026-01-01T12:00:00Z","logFiles":[]}"#

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("é", with: "\\u00e9")
            .replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }

    private static func envelope(_ detail: String) -> String {
        #"{"version":"0","detail-type":"AWS API Call via CloudTrail","resources":[],"detail":\#(detail)}"#
    }

    private static func lookedUp(_ record: String) -> String {
        #"{"EventName":"StartQueryExecution","Resources":[{}],"CloudTrailEvent":\#(quoted(record))}"#
    }

    private static func message(_ type: String, _ messages: String...) -> String {
        let events = messages.map { #"{"id":"1","timestamp":1,"message":\#(quoted($0))}"# }.joined(separator: ",")
        return #"{"messageType":"\#(type)","owner":"1","subscriptionFilters":["f"],"logEvents":[\#(events)]}"#
    }

    static let examples = [
        Example(
            testDescription: "CloudTrail's file",
            text: #"{"Records":[\#(start("a")),\#(other),\#(start("b"))]}"#,
            ids: ["a", "b"],
            others: 1
        ),
        Example(
            testDescription: "files one after the other",
            text: #"{"Records":[\#(start("a"))]}{"Records":[]}{"Records":[\#(start("b"))]}"#,
            ids: ["a", "b"]
        ),
        Example(
            testDescription: "an array",
            text: "[\(start("a")) , \(other),\(start("b")),5,[\(start("c"))]]",
            ids: ["a", "b"],
            others: 1,
            malformed: 2
        ),
        Example(
            testDescription: "one a line",
            text: "\(start("a"))\n\(other)\r\n\n\(start("b"))\n",
            ids: ["a", "b"],
            others: 1
        ),
        Example(testDescription: "one alone", text: start("a"), ids: ["a"]),
        Example(
            testDescription: "lookup-events",
            text: #"{"Events":[\#(lookedUp(start("a"))),\#(lookedUp(other)),{"EventId":"e"},null,"#
                + #"\#(lookedUp(start("b")))],"NextToken":"t"}"#,
            ids: ["a", "b"],
            others: 1,
            malformed: 2
        ),
        Example(testDescription: "EventBridge's envelope", text: envelope(start("a")), ids: ["a"]),
        Example(
            testDescription: "envelopes in an array",
            text: "[\(envelope(start("a"))),\(envelope(#"{"currentState":"RUNNING"}"#))]",
            ids: ["a"],
            others: 1
        ),
        Example(
            testDescription: "envelopes one a line",
            text: envelope(start("a")) + "\n" + envelope(other) + "\n" + envelope(start("b")),
            ids: ["a", "b"],
            others: 1
        ),
        Example(
            testDescription: "a subscription",
            text: message("DATA_MESSAGE", start("a"), "no record", " " + other + "\n", envelope(start("b"))),
            ids: ["a", "b"],
            others: 1,
            malformed: 1
        ),
        Example(
            testDescription: "messages of a subscription one after the other",
            text: message("DATA_MESSAGE", start("a")) + message("CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking.")
                + message("DATA_MESSAGE", start("b")),
            ids: ["a", "b"]
        ),
        Example(
            testDescription: "export lines",
            text: "2026-01-01T12:00:00.000Z \(start("a"))\n2026-01-01T12:00:01Z \(envelope(start("b")))\n",
            ids: ["a", "b"]
        ),
        Example(testDescription: "a byte-order mark", text: "\u{FEFF}{\"Records\":[\(start("a"))]}", ids: ["a"]),
        Example(testDescription: "a byte-order mark before lines", text: "\u{FEFF}\(start("a"))\n", ids: ["a"]),
        Example(
            testDescription: "an object among records",
            text: "\(start("a"))\n{\"level\":\"info\"}\n",
            ids: ["a"],
            malformed: 1
        ),
    ]

    @Test(arguments: examples)
    func eachFormIsReadGzippedOrNotHoweverItIsCut(_ example: Example) throws {
        for bytes in [Array(example.text.utf8), gzip(Array(example.text.utf8))] {
            for length in [1, 2, 3, 7, 64, 100, .max] {
                let read = try LogFixtures.read(bytes, pieceLength: length)
                #expect(read.starts.map(\.executionID) == example.ids)
                #expect(read.counts.others == example.others && read.counts.malformed == example.malformed)
                #expect(read.counts.records == example.ids.count + example.others + example.malformed)
                #expect(read.starts.allSatisfy { $0.workgroup == "w" } && read.contents == .log)
            }
        }
    }

    @Test(arguments: [
        #"{"Events":[]}"#, message("CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking health of destination Firehose."),
        #"{"messageType":"CONTROL_MESSAGE"}"#, #"{"logEvents":[{"message":"x"}],"messageType":"CONTROL_MESSAGE"}"#,
        #"{"logEvents":[{"message":"x"}],"message\u0054ype":"CONTROL\u005fMESSAGE"}"#,
    ])
    func aFormWithoutARecordIsNoMistake(_ text: String) throws {
        for length in [1, .max] {
            let read = try LogFixtures.read(Array(text.utf8), pieceLength: length)
            #expect(read.counts == LogFileReader.Counts() && read.contents == .log)
        }
    }

    @Test(
        arguments: [
            ("[]", "an empty array"), ("{}", "an object"), (#"{"a":1,"b":{"Records":[]}}"#, "an object with 'a', 'b'"),
            (#"{"Records":{}}"#, "an object with 'Records'"), ("[1,2]", "an array with an element that is no object"),
            (#"{"Events":[{"SourceIdentifier":"db"}]}"#, "'Events' with an element without"),
            (message("DATA_MESSAGE", "a line of a log"), "'logEvents' with an element without"),
            (#"{"a\nb":1,"token xoxb":2,"c":3}"#, "an object with 'c'"),
            (#"{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}"#, "an object with 'eventSource', 'eventName'"),
            (#"{"Records":[{"eventSource":"aws:sqs","body":"{}"},{}]}"#, "records of a notification"),
            (envelope(#"{"currentState":"RUNNING"}"#), "an event that CloudTrail did not record"),
        ]
    )
    func aDocumentWithoutARecordOfAnyFormIsRefusedWithWhatItIs(_ text: String, _ found: String) {
        for bytes in [Array(text.utf8), gzip(Array(text.utf8))] {
            let error = #expect(throws: CloudTrailError.self) { try LogFixtures.read(bytes) }
            #expect(error?.description.contains("no CloudTrail record in any known form; found \(found)") == true)
        }
    }

    @Test(arguments: [
        "2026-01-01T12:00:00.000Z", "2026-01-01T12:00:00.000Z [{}]", "2026-01-01 {}", "20", "\u{FEFF}", "\u{FEFF}5",
        "{}\u{FEFF}{}", "2026-99-01T12:00:00Z {}", "null", "\"x\"",
    ])
    func otherTextsAreRefused(_ text: String) {
        for length in [1, .max] {
            #expect(throws: CloudTrailError.self) { try LogFixtures.read(Array(text.utf8), pieceLength: length) }
        }
    }

    @Test(arguments: [insight, #"{"Records":[\#(insight),\#(insight)]}"#, "\(insight)\n\(insight)\n"])
    func aFileOfInsightsIsOne(_ text: String) throws {
        let read = try LogFixtures.read(Array(text.utf8))
        #expect(read.contents == .insights && read.starts.isEmpty && read.counts.others == read.counts.records)
    }

    @Test func insightsAmongRecordsMakeNoFileOfInsights() throws {
        #expect(try LogFixtures.read(Array("\(Self.insight)\n\(Self.other)".utf8)).contents == .log)
        let text = #"{"Records":[\#(Self.insight),\#(Self.start("a"))]}"#
        let read = try LogFixtures.read(Array(text.utf8))
        #expect(read.contents == .log && read.starts.count == 1)
    }

    @Test func aDigestIsOne() throws {
        let read = try LogFixtures.read(Array(Self.digest.utf8))
        #expect(read.contents == .digest && read.counts == LogFileReader.Counts())
        #expect(try LogFixtures.read(Array((Self.digest + "\n" + Self.other).utf8)).contents == .log)
    }

    @Test func aTextInARecordThatIsTooLongHarmsOnlyItself() throws {
        let long = Self.start("long").dropLast() + #","x":"\#(String(repeating: "y", count: 5 << 20))"}"#
        for text in [
            #"{"Events":[\#(Self.lookedUp(String(long))),\#(Self.lookedUp(Self.start("a")))]}"#,
            "\(long)\n\(Self.start("a"))", Self.message("DATA_MESSAGE", String(long), Self.start("a")),
            "[\(Self.envelope(String(long))),\(Self.envelope(Self.start("a")))]",
        ] {
            let read = try LogFixtures.read(Array(text.utf8), pieceLength: 1 << 16)
            #expect(read.starts.map(\.executionID) == ["a"] && read.counts.malformed == 1)
        }
    }
}
