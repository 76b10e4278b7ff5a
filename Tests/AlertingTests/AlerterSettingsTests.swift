import Alerting
import Settings
import Testing
import Time
import TimeFixture

@Suite struct AlerterSettingsTests {
    private static let zone = TimeZoneFixture.zone("CET-1CEST,M3.5.0,M10.5.0/3")

    private func settings(_ text: String) throws(SettingsError) -> AlerterSettings {
        var settings = AlerterSettings()
        try Section(file: text.utf8).read { name, value throws(SettingsError) in
            if name == "$schema" { return true }
            return try settings.read(name, value) { $0 == "Test/Zone" ? Self.zone : nil }
        }
        return settings
    }

    private func problem(_ text: String) -> String {
        do throws(SettingsError) {
            _ = try settings(text)
            return "none"
        } catch {
            return error.description
        }
    }

    @Test func anEmptyFileIsValidAndHasTheOriginalsValues() throws {
        let settings = try settings("{}")
        #expect(settings == AlerterSettings())
        #expect(settings.thresholds.user == .size(ByteSize(bytes: 107_374_182_400)))
        #expect(settings.thresholds.channel == .size(ByteSize(bytes: 429_496_729_600)))
        #expect(settings.messages.query == nil)
    }

    @Test func everyKeyIsRead() throws {
        let settings = try settings(
            #"""
            {"$schema": "x", "slack": {"bot_token": "xoxb-1", "webhook_url": "secretsmanager:s#m", "channel": "#c",
            "email_domain": "@example.com", "user_mappings": {"ada": "U1"}}, "thresholds": {"user": "1.5 GiB",
            "channel": 7}, "price_per_tb": 6, "prices": {"eu-west-3": 7.5}, "messages": {"query": "q", "channel": "c", "user": "u",
            "sql_characters": 0}, "queries_table": "t", "sqs_queue_url": "q", "retention_days": 15,
            "table_sql": "1 KB", "time_zone": "Test/Zone"}
            """#
        )
        #expect(settings.slack.botToken == .literal("xoxb-1"))
        #expect(settings.slack.webhookURL == .secret(id: "s", member: "m"))
        #expect(settings.slack.channel == "#c")
        #expect(settings.slack.emailDomain == "@example.com")
        #expect(settings.slack.userMappings == ["ada": "U1"])
        #expect(settings.thresholds.user == .size(ByteSize(bytes: 1_610_612_736)))
        #expect(settings.thresholds.channel == .size(ByteSize(bytes: 7)))
        #expect(settings.pricePerTB == 6 && settings.prices == ["eu-west-3": 7.5])
        #expect(settings.messages.query == (try MessageTemplate("q")))
        #expect(settings.messages.sqlCharacters == 0)
        #expect(settings.timeZone == Self.zone)
        #expect(settings.queriesTable == "t" && settings.queueURL == "q" && settings.retentionDays == 15)
        #expect(settings.storedSQL == .beginning(ByteSize(bytes: 1000)))
    }

    @Test(arguments: ["https://hooks.slack.com/services/T/B/x", "http://127.0.0.1:8080/x", "ssm:/webhook"])
    func aWebhookIsEncryptedOrOnThisMachineOrElsewhere(_ url: String) throws {
        #expect(
            try settings(#"{"slack":{"webhook_url":"\#(url)"}}"#).slack.webhookURL
                == Secret(url, key: "slack.webhook_url")
        )
    }

    @Test func aSecretMayEndInALineBreak() throws {
        #expect(try settings(#"{"slack":{"bot_token":"xoxb-1\n"}}"#).slack.botToken == .literal("xoxb-1"))
    }

    @Test(arguments: ["{}", #"{"slack":null}"#, #"{"slack":{"channel":"athena"}}"#])
    func slackNeedsATokenOrAWebhook(_ text: String) throws {
        let slack = try settings(text).slack
        let error = #expect(throws: SettingsError.self) { try slack.requireAccess() }
        #expect(error?.description == "settings: slack: expected bot_token or webhook_url, found neither")
    }

    @Test func aTokenOrAWebhookIsEnough() throws {
        try settings(#"{"slack":{"bot_token":"ssm:/t"}}"#).slack.requireAccess()
        try settings(#"{"slack":{"webhook_url":"ssm:/w"}}"#).slack.requireAccess()
    }

    @Test(arguments: [
        (#"{"user":10}"#, "10 B", "40 B"), (#"{"user":"$0.50"}"#, "$0.50", "$2.00"),
        (#"{"user":"¥5","channel":"1 GiB"}"#, "¥5.00", "1.0 GiB"), (#"{"channel":"$5"}"#, "100.0 GiB", "$5.00"),
        (#"{"user":null}"#, "never", "400.0 GiB"), (#"{"user":"$5","channel":null}"#, "$5.00", "never"),
        (#"{"user":null,"channel":null}"#, "never", "never"),
        (#"{"user":9223372036854775807}"#, "8192.0 PiB", "8192.0 PiB"),
        ("{}", "100.0 GiB", "400.0 GiB"), ("null", "100.0 GiB", "400.0 GiB"),
    ])
    func theChannelsThresholdFollowsTheUsers(_ text: String, _ user: String, _ channel: String) throws {
        let thresholds = try settings(#"{"thresholds":\#(text)}"#).thresholds
        #expect("\(thresholds.user)" == user && "\(thresholds.channel)" == channel)
    }

    @Test(arguments: ["$", "$-1", "$1e3", "$.5", "$5.", "$1,000", "5$", "USD 5", "€5", "$ 5", "$1.2.3"])
    func aTextThatIsNoAmountIsRefused(_ text: String) {
        #expect(Threshold(text) == nil)
    }

    @Test(arguments: [
        ("{}", SQLDisplay.masked, SQLDisplay.full), (#"{"sql":"none"}"#, .none, .none),
        (#"{"sql":"full"}"#, .full, .full),
        (#"{"sql":{"user":"masked"}}"#, .masked, .masked), (#"{"sql":{"channel":"none","user":"full"}}"#, .none, .full),
    ])
    func eachTargetHasItsFormOfTheSQL(_ messages: String, _ channel: SQLDisplay, _ user: SQLDisplay) throws {
        let messages = try settings(#"{"messages":\#(messages)}"#).messages
        #expect(messages.channelSQL == channel && messages.userSQL == user)
    }

    @Test(arguments: [
        (
            #"{"messages":{"sql":"some"}}"#,
            #"settings: messages.sql: expected "masked" or "full" or "none", found "some""#
        ),
        (#"{"messages":{"sql":{"people":"full"}}}"#, "settings: messages.sql.people: there is no such setting"),
        (#"{"messages":{"sql":{"user":1}}}"#, "settings: messages.sql.user: expected"),
        (#"{"alerts":{"limit":true}}"#, "settings: alerts.limit: there is no such setting"),
        (#"{"alerts":{"stopped_by_limit":1}}"#, "settings: alerts.stopped_by_limit: expected true or false, found 1"),
        (#"{"slak":{}}"#, "settings: slak: there is no such setting"),
        (#"{"tresholds":{}}"#, "settings: tresholds: there is no such setting"),
        (#"{"slack":{"tokens":"x"}}"#, "settings: slack.tokens: there is no such setting"),
        (
            #"{"slack":{"bot_token":"xoxb-hush","chanel":"a"}}"#,
            "settings: slack.chanel: there is no such setting"
        ),
        (#"{"thresholds":5}"#, "settings: thresholds: expected an object, found a number"),
        (#"{"slack":5}"#, "settings: slack: expected an object, found a number"),
        (#"{"slack":{"channel":["a"]}}"#, "settings: slack.channel: expected a text that is not empty, found an array"),
        (
            #"{"slack":{"bot_token":"ssm:"}}"#,
            "settings: slack.bot_token: expected a name after the colon, found 'ssm:'"
        ),
        (
            #"{"slack":{"webhook_url":"http://hooks.example/hush"}}"#,
            "settings: slack.webhook_url: expected a URL that begins with https://"
        ),
        (
            #"{"slack":{"bot_token":"xoxb-hush xoxb-hush"}}"#,
            "settings: slack.bot_token: expected one word without spaces"
        ),
        (
            #"{"slack":{"bot_token":["xoxb-hush"]}}"#,
            "settings: slack.bot_token: expected a text that is not empty, found an array"
        ),
        (
            #"{"slack":{"bot_token":""}}"#,
            "settings: slack.bot_token: expected a text that is not empty, found a string"
        ),
        (
            #"{"slack":{"user_mappings":{"ada":5}}}"#,
            "settings: slack.user_mappings.ada: expected a text that is not empty, found 5"
        ),
        (
            #"{"thresholds":{"user":"a lot"}}"#,
            #"settings: thresholds.user: expected an amount such as "$5", a size such as "100 GiB", a number of bytes, "#
                + #"or null for never, found "a lot""#
        ),
        (
            #"{"thresholds":{"user":-1}}"#,
            #"settings: thresholds.user: expected an amount such as "$5", a size such as "100 GiB", a number of bytes, "#
                + "or null for never, found -1"
        ),
        (
            #"{"thresholds":{"channel":-1}}"#,
            #"settings: thresholds.channel: expected an amount such as "$5", a size such as "100 GiB", a number of bytes, "#
                + "or null for never, found -1"
        ),
        (
            #"{"price_per_tb":"5"}"#,
            #"settings: price_per_tb: expected a price in dollars from 0 to 1000, such as 5.0, found "5""#
        ),
        (
            #"{"prices":{"eu-west-3":-1}}"#,
            "settings: prices.eu-west-3: expected a price from 0 to 1000, such as 5.0, found -1"
        ),
        (
            #"{"retention_days":14}"#,
            "settings: retention_days: expected a whole number from 15 to 36500, found 14"
        ),
        (
            #"{"time_zone":"Mars/Olympus"}"#,
            "settings: time_zone: expected a name of the IANA time zone database, such as \"Europe/Berlin\", "
                + "found \"Mars/Olympus\""
        ),
        (
            #"{"time_zone":"../Test/Zone"}"#,
            "settings: time_zone: expected a name of the IANA time zone database, such as \"Europe/Berlin\", "
                + "found \"../Test/Zone\""
        ),
        (
            #"{"table_sql":"masked"}"#,
            #"settings: table_sql: expected "full", "none" or a size such as "1 KB", found "masked""#
        ),
        (
            #"{"table_sql":-1}"#,
            #"settings: table_sql: expected "full", "none" or a size such as "1 KB", found -1"#
        ),
        (#"{"retention_days":0}"#, "settings: retention_days: expected a whole number from 15 to 36500, found 0"),
        (#"{"messages":{"user":"{nobody}"}}"#, "settings: messages.user: an unknown variable '{nobody}'"),
        (#"{"messages":{"query":"{who}"}}"#, "settings: messages.query: an unknown variable '{who}'"),
        ("[]", "settings: expected an object, found an array"),
        ("{", "settings: not valid JSON"),
    ])
    func aMistakeIsNamedWithItsKey(_ text: String, _ expected: String) {
        let problem = problem(text)
        #expect(problem.hasPrefix(expected) && !problem.contains("hush") && !problem.contains("\n"))
    }

    @Test(arguments: [
        ("0", 0), ("1000", 1000), ("1 KB", 1000), ("1KiB", 1024), ("1.5 tb", 1_500_000_000_000),
        ("100 GiB", 107_374_182_400),
    ])
    func sizesAreReadAsPeopleWriteThem(_ text: String, _ bytes: Int64) {
        #expect(ByteSize(text)?.bytes == bytes)
    }

    @Test(arguments: ["", "GiB", "1 GiG", "-1", "1e3", "1.2.3 GB", "99999999999 PiB", "1 GiB x"])
    func aTextThatIsNoSizeIsRefused(_ text: String) {
        #expect(ByteSize(text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (537_407_782_912, "500.5 GiB"),
        (1 << 50, "1.0 PiB"), (Int64.max, "8192.0 PiB"),
    ])
    func sizesAreWrittenAsPeopleReadThem(_ bytes: Int64, _ text: String) {
        #expect(ByteSize(bytes: bytes).description == text)
    }
}
