import AWS
import Alerting
import JSON
import JSONFixture
import LambdaRuntime
import Slack
import Testing

@testable import Alerter

/// A message with all keys that an alert needs causes an alert, whatever the values are.
@Suite struct OddMessageTests {
    private let records = FakeRecords()
    private let notifier = FakeNotifier()
    private let metrics = Metrics()

    /// The ids of the messages that return.
    private func returned(_ body: String) throws -> [String] {
        var settings = AlerterSettings()
        settings.thresholds = .init(user: .size(ByteSize(bytes: 1024)), channel: .size(ByteSize(bytes: 1024)))
        let handler = NotificationHandler(
            records: records,
            days: FakeDays(records),
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [notifier]
        )
        let event: JSONValue = ["Records": [["messageId": "odd", "body": .string(body)]]]
        return try handler.handle(event, context(metrics))["batchItemFailures"]?.array?.compactMap {
            $0["itemIdentifier"]?.string
        }
            ?? []
    }

    private func expectAlert(_ name: String, _ text: String) throws {
        #expect(try returned(finishedMessage.replacing(name, withText: text)) == [])
        #expect(notifier.delivered == [.channel, .user] && metrics["AlertsFailed"] == 0)
        let query = try #require(notifier.queries.first)
        for sql in SQLDisplay.allCases {
            let message = AlertMessage(
                query: query,
                messages: .init(),
                footer: nil,
                slackUserID: nil,
                reader: .others,
                sql: sql
            ).slackMessage
            let layout = JSONValue.array(message.blocks.compactMap(\.json))
            #expect(try JSONValue(parsing: layout.serialized().utf8) == layout)
            #expect((1...50).contains(layout.array?.count ?? 0))
            #expect(layout.texts.allSatisfy { (1...3000).contains($0.utf16.count) })
            #expect(!layout.texts.contains { $0.contains("<!") })
        }
    }

    private func expectAlert(_ name: String, _ value: JSONValue) throws {
        for text in value.spellings { try Self().expectAlert(name, text) }
    }

    @Test(
        arguments: [
            "user_type", "role", "catalog", "account_id", "region", "workgroup", "database", "statement_type",
            "state_change_reason",
            "duration_ms", "cost_usd", "not_billed", "query_sql_cut", "version",
        ],
        [7, "", "x\ny", [], [:], true] as [JSONValue]
    )
    func aKeyThatThisProjectAddsMayBeAnything(_ name: String, _ value: JSONValue) throws {
        try expectAlert(name, value)
    }

    @Test(
        arguments: [
            "-9223372036854775808", "9223372036854775807", "9223372036854775808", "-1", "0.5", JSONFixture.huge,
        ]
    )
    func theDurationMayBeAnyNumber(_ text: String) throws {
        try expectAlert("duration_ms", text)
    }

    @Test(arguments: ["-1", "1e+308", "-1e+308", "5e-324", JSONFixture.huge])
    func theCostMayBeAnyNumber(_ text: String) throws {
        try expectAlert("cost_usd", text)
    }

    @Test(
        arguments: [
            ("start_timestamp", ["", "never", "9999-99-99 99:99:99", "2024-03-05"]),
            ("query_state", ["", "RUNNING", "\0", "FAILED\n"]),
            ("executing_user", ["", "\0", "<!channel>", "@", "a@b@c", "\u{202E}"]),
            ("query_sql", [.null, "", " ", "\0", "```"]),
            ("data_scanned", [.integer(.max)]),
        ] as [(String, [JSONValue])]
    )
    func aKeyThatIsNeededMayHaveAnyText(_ name: String, _ values: [JSONValue]) throws {
        for value in values { try expectAlert(name, value) }
    }

    @Test func aTextMayBeLong() throws {
        try expectAlert("executing_user", .string(String(JSONFixture.long.prefix(5000))))
        try expectAlert("executing_user", .string(String(repeating: "😀", count: 500)))
        try expectAlert("query_sql", .string(String(JSONFixture.long.prefix(200_000))))
        try expectAlert("query_sql", .string(String(repeating: "\n", count: 5000)))
    }

    @Test(arguments: [-1, .min] as [Int64])
    func aNegativeSizeIsBelowEveryThreshold(_ size: Int64) throws {
        #expect(try returned(finishedMessage.replacing("data_scanned", with: .integer(size)).serialized()) == [])
        #expect(notifier.delivered.isEmpty && metrics["QueriesBelowThresholds"] == 1)
    }
}

extension JSONValue {
    /// The texts that a layout shows.
    fileprivate var texts: [String] {
        switch self {
        case .object(let members):
            members.flatMap { $0.value.texts + ($0.name == "text" ? [$0.value.string].compactMap(\.self) : []) }
        case .array(let elements): elements.flatMap(\.texts)
        case .null, .bool, .integer, .number, .string: []
        }
    }
}
