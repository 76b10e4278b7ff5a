import GzipFixture
import JSON
import JSONFixture
import Testing

@testable import CloudTrail

/// A malformed record harms only itself. Each one is between two starts.
@Suite struct MalformedRecordTests {
    enum Outcome {
        case start, failedStart, other, malformed

        var counts: LogFileReader.Counts {
            var counts = LogFileReader.Counts()
            counts.records = 3
            counts.queryStarts = self == .start ? 3 : 2
            counts.failedStarts = self == .failedStart ? 1 : 0
            counts.malformed = self == .malformed ? 1 : 0
            return counts
        }
    }

    /// Checks the outcome of a record in a packed file, and in plain text that comes in pieces.
    private func expect(_ outcome: Outcome, of record: String) throws {
        let before = try LogFixtures.startRecord("before").serialized()
        let after = try LogFixtures.startRecord("after").serialized()
        let text = Array(#"{"Records":[\#(before),\#(record),\#(after)]}"#.utf8)
        let ids = outcome == .start ? ["before", "bad", "after"] : ["before", "after"]
        for (file, pieceLength) in [(gzip(text, level: 1), .max), (text, 1000)] {
            let (starts, counts, _) = try LogFixtures.read(file, pieceLength: pieceLength)
            #expect(counts == outcome.counts)
            #expect(starts.map(\.executionID) == ids)
            #expect(!starts.contains { $0.caller.person.name.isEmpty })
        }
    }

    /// Checks a start with each of the values in place of a member; nil removes the member.
    private func expect(_ outcome: Outcome, _ name: String, _ values: [JSONValue?]) throws {
        for value in values {
            let record = try LogFixtures.startRecord("bad").replacing(name, with: value)
            for text in record.spellings { try expect(outcome, of: text) }
        }
    }

    // MARK: - Members

    @Test(
        arguments: [
            nil, .null, "", "never", 1_709_649_007, [], [:], true, "2024-03-05", "14:30:07", "2024-13-05T14:30:07Z",
            "2024-02-30T14:30:07Z", "2024-03-05T25:30:07Z", "2024-03-05T14:61:07Z", "2024-03-05 14:30:07",
            "0000-00-00T00:00:00Z", "0000-06-15T10:00:00Z", "2024-03-05T14:30:07.Z", "٢٠٢٤-03-05T14:30:07Z",
        ] as [JSONValue?]
    )
    func aStartWithoutATimeIsMalformed(_ time: JSONValue?) throws {
        try expect(.malformed, "eventTime", [time])
    }

    @Test(
        arguments: [
            "null", 7, true, [], [:], [["queryExecutionId": "x"]], ["id": "x"],
        ] as [JSONValue]
    )
    func aStartWithoutAResponseIsMalformed(_ response: JSONValue) throws {
        try expect(.malformed, "responseElements", [response])
    }

    @Test(
        arguments: [
            .null, "", 7, true, [], [:], " ", "a b", "a\nb", "a\tb", .string(String(repeating: "x", count: 129)),
            .string(String(repeating: "é", count: 65)), ["x"], ["S": "x"],
        ] as [JSONValue]
    )
    func aStartWithoutAnExecutionIDIsMalformed(_ id: JSONValue) throws {
        try expect(.malformed, "responseElements", [["queryExecutionId": id]])
    }

    @Test func aLongTextIsNeitherATimeNorAnExecutionID() throws {
        try expect(.malformed, "eventTime", [.string(JSONFixture.long)])
        try expect(.malformed, "responseElements", [["queryExecutionId": .string(JSONFixture.long)]])
    }

    @Test func aStartWithoutAnAnswerOrWithAnErrorWasRefused() throws {
        try expect(.failedStart, "responseElements", [nil, .null])
        try expect(.failedStart, "errorCode", ["AccessDenied", "ThrottlingException", " "])
    }

    @Test(
        arguments: [
            nil, .null, "", 7, [], "startqueryexecution", "StartQueryExecution ", "StopQueryExecution",
            ["StartQueryExecution"],
        ] as [JSONValue?]
    )
    func anotherEventIsNoStart(_ name: JSONValue?) throws {
        try expect(.other, "eventName", [name])
    }

    @Test(arguments: [nil, .null, 7, "athena.amazonaws.com.evil.example", "ATHENA.amazonaws.com"] as [JSONValue?])
    func anEventOfAnotherServiceIsNoStart(_ source: JSONValue?) throws {
        try expect(.other, "eventSource", [source])
    }

    @Test(
        arguments: [
            (
                "userIdentity",
                [
                    nil, .null, "ada", 7, [], [:], ["type": 7], ["type": "IAMUser"],
                    ["type": "AssumedRole", "arn": "arn"], ["type": "IAMUser", "userName": "a\0b"],
                    ["type": "IAMUser", "userName": "\u{202E}<!channel>"], ["type": "IAMUser", "userName": ["ada"]],
                    ["type": "AssumedRole", "sessionContext": [], "principalId": ":"],
                    ["type": "AssumedRole", "arn": "////", "principalId": ""],
                    ["sessionContext": ["sourceIdentity": 1]],
                ]
            ),
            ("requestParameters", [nil, .null, "x", 7, [], [:], ["workGroup": 7], ["workGroup": [:]]]),
            ("awsRegion", [nil, .null, 7, [], "../../x", "eu west", "<script>", "\n"]),
            ("additionalEventData", [.null, "x", 7, [], ["UserName": 7], ["UserName": ""]]),
            ("recipientAccountId", [nil, .null, 7, [], ""]),
            ("errorCode", [.null, "", 0, [], [:]]),
        ] as [(String, [JSONValue?])]
    )
    func aMalformedOptionalMemberDoesNotLoseTheStart(_ name: String, _ values: [JSONValue?]) throws {
        try expect(.start, name, values)
    }

    // MARK: - Text

    @Test(arguments: [
        "null", "7", "-0.5e3", "true", #""text""#, "[]", "[[]]", #"[{"eventName":"StartQueryExecution"}]"#,
    ])
    func anElementThatIsNoObjectIsMalformed(_ text: String) throws {
        try expect(.malformed, of: text)
    }

    @Test func anEmptyRecordIsNoStart() throws {
        try expect(.other, of: "{}")
    }

    /// A value that no reader needs is not parsed, so a mistake in it does not matter.
    @Test(arguments: ["tru", #""\ud800""#, #""\x41""#, "01", JSONFixture.huge, #""\u0000\u001b[31m\u2028""#])
    func aMemberThatNobodyNeedsMayBeAnything(_ value: String) throws {
        for text in try texts(with: #""readOnly":\#(value)"#) { try expect(.start, of: text) }
    }

    @Test func aMemberThatNobodyNeedsMayBeDeepAndNotTooLong() throws {
        let objects = String(repeating: #"{"a":"#, count: 600) + "1" + String(repeating: "}", count: 600)
        for value in [JSONFixture.deep, objects] {
            for text in try texts(with: #""readOnly":\#(value)"#) { try expect(.start, of: text) }
        }
        let long = "\"\(String(repeating: "x", count: 5_000_000))\""
        for text in try texts(with: #""readOnly":\#(long)"#) { try expect(.malformed, of: text) }
    }

    @Test(arguments: [#""readOnly" false"#, "'readOnly':false"])
    func aRecordWithoutAColonOrANameIsMalformed(_ member: String) throws {
        for text in try texts(with: member) { try expect(.malformed, of: text) }
    }

    @Test func aStartMayBeWrittenInEscapesAndWithSpace() throws {
        let text = try LogFixtures.startRecord("bad").serialized()
        let name = #"\u0053tart\u0051ueryExecution"#
        try expect(.start, of: text.replacing("StartQueryExecution", with: name))
        try expect(.start, of: "\t\r\n " + text.replacing(",", with: " ,\n\t") + " \r\n")
    }

    /// The texts of a start that has a further member at its begin, or at its end.
    private func texts(with member: String) throws -> [String] {
        let text = try LogFixtures.startRecord("bad").serialized()
        return ["{\(member),\(text.dropFirst())", "\(text.dropLast()),\(member)}"]
    }
}
