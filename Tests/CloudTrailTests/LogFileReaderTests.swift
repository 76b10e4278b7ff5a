import Foundation
import GzipFixture
import Testing
import Time

@testable import CloudTrail

@Suite struct LogFileReaderTests {
    @Test func aStartIsFoundWithAllThatMatters() throws {
        let (starts, counts, _) = try LogFixtures.read(try LogFixtures.text([LogFixtures.start("q1")]))
        let expected = QueryStart(
            executionID: "q1",
            time: try #require(Timestamp(iso8601: "2019-01-17T11:57:30Z")),
            caller: Caller(
                person: Person(name: "ada", kind: .person, source: .iamUser),
                sessionName: nil,
                tool: nil
            ),
            principalARN: "arn:aws:iam::123456789012:user/ada",
            accountID: "123456789012",
            region: "eu-west-1",
            workgroup: "analysts"
        )
        #expect(starts == [expected])
        #expect(counts.records == 1 && counts.queryStarts == 1)
    }

    @Test(
        arguments: [
            ["eventSource": "s3.amazonaws.com"], ["eventName": "StopQueryExecution"], ["eventSource": nil],
            ["eventName": ["StartQueryExecution"]],
        ] as [[String: (any Sendable)?]]
    )
    func recordsOfAnythingElseArePassedOver(_ changes: [String: (any Sendable)?]) throws {
        let record = LogFixtures.start("q", changes)
        let (starts, counts, _) = try LogFixtures.read(try LogFixtures.text([record]))
        #expect(starts.isEmpty && counts.others == 1)
    }

    @Test(
        arguments: [
            ["errorCode": "InvalidRequestException"], ["responseElements": NSNull()], ["responseElements": nil],
        ] as [[String: (any Sendable)?]]
    )
    func startsThatAthenaRefusedAreCountedAsSuch(_ changes: [String: (any Sendable)?]) throws {
        let (starts, counts, _) = try LogFixtures.read(try LogFixtures.text([LogFixtures.start("q", changes)]))
        #expect(starts.isEmpty && counts.failedStarts == 1)
    }

    @Test(
        arguments: [
            ["eventTime": "yesterday"], ["eventTime": nil], ["eventTime": 5],
            ["responseElements": ["queryExecutionId": ""]], ["responseElements": "none"],
            ["responseElements": ["queryExecutionId": 5]],
            ["responseElements": ["queryExecutionId": String(repeating: "x", count: 129)]],
            ["responseElements": [String: String]()],
        ] as [[String: (any Sendable)?]]
    )
    func startsThatLackWhatTheyNeedHarmOnlyThemselves(_ changes: [String: (any Sendable)?]) throws {
        let text = try LogFixtures.text([
            LogFixtures.start("a"), LogFixtures.start("b", changes), LogFixtures.start("c"),
        ])
        let (starts, counts, _) = try LogFixtures.read(text)
        #expect(starts.map(\.executionID) == ["a", "c"])
        #expect(counts.malformed == 1 && counts.records == 3)
    }

    @Test(arguments: ["userIdentity", "requestParameters", "additionalEventData", "awsRegion", "recipientAccountId"])
    func partsThatMayBeAbsentMayAlsoBeOfAnyShape(_ name: String) throws {
        for value in [nil, NSNull(), "text", 5, ["a"], ["type": 5]] as [Any?] {
            let (starts, _, _) = try LogFixtures.read(try LogFixtures.text([LogFixtures.start("q", [name: value])]))
            #expect(starts.count == 1)
            #expect(starts.first?.caller.person.name.isEmpty == false)
        }
    }

    @Test(
        arguments: [
            (#","requestParameters":{"queryString":"SELECT 1"}"#, "primary"),
            (#","requestParameters":{"workGroup":null}"#, "primary"),
            (#","requestParameters":{"omitted":true,"originalSize":262500,"reason":"size"}"#, nil),
            (#","requestParameters":{"omitted":"true"}"#, nil),
            (#","requestParameters":{"omitted":true,"workGroup":"analysts"}"#, "analysts"),
            (#","requestParameters":null"#, nil), (#","requestParameters":"***OMITTED***""#, nil), ("", nil),
        ] as [(String, String?)]
    )
    func aWorkgroupIsPrimaryOnlyWhereParametersNameNone(_ parameters: String, _ expected: String?) throws {
        let text = #"{"Records":[\#(record.dropLast())\#(parameters)}]}"#
        let start = try #require(try LogFixtures.read(Array(text.utf8)).starts.first)
        #expect(start.workgroup == expected)
    }

    @Test func theRecordOfTheNetworkActivityIsNoSecondStart() throws {
        let records = [LogFixtures.start("q"), LogFixtures.start("q", ["eventType": "AwsVpceEvent"])]
        let (starts, counts, _) = try LogFixtures.read(try LogFixtures.text(records))
        #expect(starts.count == 1 && counts.others == 1)
    }

    // MARK: - Structure

    private let record =
        #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","#
        + #""eventTime":"2019-01-17T11:57:30Z","responseElements":{"queryExecutionId":"q"}}"#

    @Test func aLookAlikeInAStringIsNoRecord() throws {
        let quoted = record.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(try LogFixtures.ids(#"{"Records":[{"eventName":"PutObject","note":"\#(quoted)"}]}"#) == [])
    }

    @Test func aRecordInsideAnotherIsNoRecord() throws {
        #expect(try LogFixtures.ids(#"{"Records":[{"eventName":"Invoke","payload":\#(record)}]}"#) == [])
    }

    @Test func onlyTheTopLevelArrayCounts() throws {
        #expect(try LogFixtures.ids(#"{"other":{"Records":[\#(record)]},"Records":[],"more":[\#(record)]}"#) == [])
    }

    @Test func membersBesideTheArrayDoNotMatter() throws {
        let text =
            #" { "a" : "}]" , "b":[1,{"c":null}], "Records" : [ \#(record) , \#(record) ] ,"z":-1.5e3,"y":true } "#
        #expect(try LogFixtures.ids(text) == ["q", "q"])
    }

    @Test func namesMayBeWrittenAsNumbers() throws {
        let text = #"{"\u0052ecords":[\#(record)]}"#
            .replacing("StartQuery", with: #"\u0053tart\u0051uery"#).replacing("eventName", with: #"\u0065ventName"#)
        #expect(try LogFixtures.ids(text) == ["q"])
    }

    @Test(arguments: [#"{"Records":[]}"#, " {\"Records\":[ ] }\n", #"{"a":{},"Records":[],"Records":[]}"#])
    func aFileWithoutRecordsIsEmptyAndNoMistake(_ text: String) throws {
        #expect(try LogFixtures.read(Array(text.utf8)).counts == LogFileReader.Counts())
    }

    @Test func elementsThatAreNoObjectsAreCountedAndSkipped() throws {
        let (starts, counts, _) = try LogFixtures.read(Array(#"{"Records":[null,1,"x",[{}],\#(record)]}"#.utf8))
        #expect(starts.count == 1)
        #expect(counts.records == 5 && counts.malformed == 4)
    }

    @Test func aMillionLevelsAreRead() throws {
        let deep = String(repeating: "[", count: 1_000_000) + String(repeating: "]", count: 1_000_000)
        let start = record.dropLast() + #","deep":\#(deep)}"#
        let (starts, counts, _) = try LogFixtures.read(
            Array(#"{"Records":[{"a":\#(deep)},\#(start),\#(record)]}"#.utf8)
        )
        #expect(starts.count == 2)
        #expect(counts.others == 1 && counts.records == 3)
    }

    @Test func aRecordLongerThanAnyRecordIsPassedOver() throws {
        let long = record.dropLast() + #","x":"\#(String(repeating: "y", count: 5 << 20))"}"#
        let (starts, counts, _) = try LogFixtures.read(
            Array(#"{"Records":[\#(long),\#(record)]}"#.utf8),
            pieceLength: 1 << 16
        )
        #expect(starts.count == 1)
        #expect(counts.records == 2 && counts.malformed == 1)
    }

    @Test(arguments: [
        "5", "{]", #"{"Records":[}"#, #"{"Records":[{}],}x"#, #"{"Records":[{}]} x"#, #"{"Records":[{} {}]}"#,
        #"{"Records":[,]}"#, #"{a:1}"#, "{}}", #"{"a" 1}"#, "\0", #"{"a":}"#,
    ])
    func aTextThatIsNoLogIsRefusedWithItsOffset(_ text: String) {
        let error = #expect(throws: CloudTrailError.self) { try LogFixtures.read(Array(text.utf8)) }
        #expect(error?.description.contains("at byte") == true)
    }

    @Test func aTextCutAnywhereIsTruncated() {
        let text = Array(#"{"a":[1,{"b":"\\"}],"Records":[\#(record),{"x":"y"}],"c":null}"#.utf8)
        for length in 1..<text.count {
            #expect(throws: CloudTrailError.truncated) { try LogFixtures.read(Array(text[..<length])) }
        }
    }

    // MARK: - Pieces

    @Test func itDoesNotMatterWhereTheTextIsCut() throws {
        let text = Array(
            #"{"a":"\\\"","R\u0065cords":0,"Records":[{"n":"é€😀\\","s":"\"]}"},\#(record),{"t":"\\\\"},\#(record)],"z":"\\"}"#
                .utf8
        )
        let whole = try LogFixtures.read(text)
        #expect(whole.starts.count == 2)
        for length in 1...text.count {
            let cut = try LogFixtures.read(text, pieceLength: length)
            #expect(cut.starts == whole.starts && cut.counts == whole.counts)
        }
    }

    /// Compares the reader with a plain parse, over generated files and pieces.
    @Test func itFindsWhatAPlainParseFinds() throws {
        var generator = LogGenerator(seed: 20_190_117)
        for _ in 0..<400 {
            let records = (0..<Int.random(in: 0...12, using: &generator.random)).map { _ in generator.record() }
            var text = try LogFixtures.text(records)
            let parsed = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
            let expected = (parsed?["Records"] as? [[String: Any]] ?? []).compactMap(LogGenerator.startedID)
            if Bool.random(using: &generator.random) { text = gzip(text) }
            let pieceLength = Int.random(in: 1...300, using: &generator.random)
            #expect(try LogFixtures.read(text, pieceLength: pieceLength).starts.map(\.executionID) == expected)
        }
    }
}

/// Makes records that are hard to read, the same ones for the same seed.
private struct LogGenerator {
    var random: SplitMix
    private var count = 0

    init(seed: UInt64) {
        random = SplitMix(state: seed)
    }

    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    static func startedID(_ record: [String: Any]) -> String? {
        guard record["eventSource"] as? String == "athena.amazonaws.com",
            record["eventName"] as? String == "StartQueryExecution", (record["errorCode"] as? String ?? "").isEmpty
        else { return nil }
        return (record["responseElements"] as? [String: Any])?["queryExecutionId"] as? String
    }

    mutating func record() -> [String: Any] {
        count += 1
        var record = LogFixtures.start(
            "q\(count)",
            ["z": value(depth: 0), text(): value(depth: 0), "a": value(depth: 0)]
        )
        switch Int.random(in: 0..<5, using: &random) {
        case 0: record["eventName"] = "GetQueryExecution"
        case 1: record["errorCode"] = text()
        case 2: record["eventSource"] = text()
        default: break
        }
        return record
    }

    private mutating func value(depth: Int) -> Any {
        switch Int.random(in: 0..<(depth < 6 ? 7 : 4), using: &random) {
        case 0: text()
        case 1: Int.random(in: -1_000_000...1_000_000, using: &random)
        case 2: Bool.random(using: &random)
        case 3: NSNull()
        case 4: (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth + 1) }
        default:
            Dictionary(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in (text(), value(depth: depth + 1)) }
            ) { $1 }
        }
    }

    private mutating func text() -> String {
        let pieces = [
            "\"", "\\", "{", "}", "[", "]", ":", ",", "é", "€", "😀", "\n", "\u{1}", "x", " ", "Records",
            "StartQueryExecution", #""eventName":"StartQueryExecution""#, "\u{FFFF}", "/",
        ]
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }
}
