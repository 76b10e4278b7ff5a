import CloudTrail
import Settings
import Testing

@testable import Alerting

@Suite struct RulesTests {
    private static let query = {
        let key = QueryKey(startDate: "2026-01-17", startTimestamp: "2026-01-17 11:57:30", executionID: "6acb")
        var query = FinishedQuery(key: key, state: "SUCCEEDED", user: "ada@example.com", dataScanned: 5)
        query.userType = .person
        query.userSource = .sqlComment
        query.tool = "redash"
        query.role = "redash-prod"
        query.sessionName = "i-0123456789abcdef0"
        query.workgroup = "bi-eu"
        query.database = "sandbox"
        query.catalog = "AwsDataCatalog"
        query.accountID = "123456789012"
        query.region = "eu-west-1"
        query.statementType = "DML"
        return query
    }()

    private func settings(_ rules: String) throws(SettingsError) -> AlerterSettings {
        var settings = AlerterSettings()
        try Section(file: #"{"slack":{"channel":"athena"},"rules":\#(rules)}"#.utf8).read {
            name,
            value throws(SettingsError) in
            try settings.read(name, value)
        }
        return settings
    }

    private func outcome(_ rules: String, _ query: FinishedQuery = Self.query) throws -> RuleOutcome {
        let settings = try settings(rules)
        return settings.rules.outcome(for: query, defaults: settings)
    }

    private func isIgnored(_ match: String, _ query: FinishedQuery = Self.query) throws -> Bool {
        try outcome(#"[{"match":\#(match),"ignore":true}]"#, query).isIgnored
    }

    // MARK: - Members

    @Test(arguments: [
        ("user", "ada@*", "grace@*"), ("user_type", "person", "role"), ("user_source", "sql_comment", "iam_user"),
        ("tool", "REDASH", "metabase"), ("role", "redash-*", "etl-*"), ("session", "i-*", "j-*"),
        ("workgroup", "bi-??", "bi"), ("database", "sandbox", "sand"), ("catalog", "awsdatacatalog", "mysql"),
        ("account", "123456789012", "999999999999"), ("region", "eu-*", "us-*"), ("statement_type", "dml", "DDL"),
        ("state", "succeeded", "FAILED"),
    ])
    func eachMemberIsComparedWithItsOwnPartOfTheQuery(_ member: String, _ fits: String, _ fitsNot: String) throws {
        #expect(try isIgnored(#"{"\#(member)":"\#(fits)"}"#))
        #expect(try !isIgnored(#"{"\#(member)":"\#(fitsNot)"}"#))
        #expect(try isIgnored(#"{"\#(member)":["\#(fitsNot)","\#(fits)"]}"#))
    }

    @Test func everyMemberIsTested() {
        #expect(Rule.Member.allCases.count == 13)
    }

    @Test(arguments: Rule.Member.allCases.filter { $0 != .user && $0 != .state })
    func aMemberThatTheQueryDoesNotHaveNeverFits(_ member: Rule.Member) throws {
        let bare = FinishedQuery(key: Self.query.key, state: "SUCCEEDED", user: "ada", dataScanned: 5)
        #expect(try !isIgnored(#"{"\#(member.rawValue)":"*"}"#, bare))
        #expect(try isIgnored(#"{"\#(member.rawValue)":"*"}"#))
    }

    @Test func allMembersMustFit() throws {
        #expect(try isIgnored(#"{"workgroup":"bi-eu","user_type":"person"}"#))
        #expect(try !isIgnored(#"{"workgroup":"bi-eu","user_type":"role"}"#))
        #expect(try isIgnored("{}"))
    }

    @Test func aClaimInTheSQLChangesNeitherTheRoleNorTheSession() throws {
        let person = Person(name: "redash-prod", kind: .role, source: .role)
        let attribution = Attribution(
            person: person,
            sessionName: "i-0",
            principalARN: "arn:aws:sts::123456789012:assumed-role/redash-prod/i-0"
        )
        let comment = "/* Username: etl-nightly, query_id: 1, Query Hash: x, Scheduled: False */ select 1"
        var query = Self.query
        query.attribute(to: attribution.settled(sql: comment, people: People()))
        #expect(try isIgnored(#"{"user":"etl-nightly","user_source":"sql_comment"}"#, query))
        #expect(try isIgnored(#"{"role":"redash-prod","session":"i-0"}"#, query))
        #expect(try !isIgnored(#"{"role":"etl-*"}"#, query))
    }

    // MARK: - Effects

    @Test func withoutARuleTheSettingsHold() throws {
        let outcome = try outcome(#"[{"match":{"user":"grace"},"ignore":true,"channel":"x","notify":false}]"#)
        #expect(outcome == RuleOutcome(try settings("[]")))
        #expect(outcome.channel == "athena" && outcome.personalReceiver == nil)
    }

    @Test func eachEffectReplacesItsSetting() throws {
        let outcome = try outcome(
            #"""
            [{"match":{},"thresholds":{"user":"$7","channel":"1 KiB"},"channel":"bi","notify":"grace@example.com",
            "messages":{"query":"q","channel":"c","user":"u","sql_characters":9,"sql":{"user":"none"}}}]
            """#
        )
        #expect(outcome.thresholds == .init(user: .cost(Money(7, .dollars)), channel: .size(ByteSize(bytes: 1024))))
        #expect(outcome.channel == "bi" && !outcome.isIgnored)
        #expect(outcome.personalReceiver == .receiver(.address("grace@example.com")))
        #expect(outcome.messages.query == (try MessageTemplate("q")))
        #expect(outcome.messages.channel == (try MessageTemplate("c")))
        #expect(outcome.messages.user == (try MessageTemplate("u")))
        #expect(outcome.messages.sqlCharacters == 9)
        #expect(outcome.messages.userSQL == .none && outcome.messages.channelSQL == .masked)
    }

    @Test(
        arguments: [
            ("\"U0123456789\"", .receiver(.slackUser("U0123456789"))), ("\"#etl\"", .receiver(.channel("#etl"))),
            ("false", .nobody),
        ] as [(String, PersonalReceiver)]
    )
    func anotherOrNobodyHearsInThePersonsStead(_ value: String, _ receiver: PersonalReceiver) throws {
        #expect(try outcome(#"[{"match":{},"notify":\#(value)}]"#).personalReceiver == receiver)
    }

    @Test func aThresholdThatARuleDoesNotNameStays() throws {
        let outcome = try outcome(#"[{"match":{},"thresholds":{"channel":null}}]"#)
        #expect(outcome.thresholds == .init(user: AlerterSettings.Thresholds().user, channel: .never))
    }

    @Test func everyRuleThatAppliesCountsAndTheLaterReplacesTheEarlier() throws {
        let rules = #"""
            [{"match":{},"ignore":true,"channel":"a","notify":false,"messages":{"query":"a","user":"a"}},
            {"match":{"user":"nobody"},"channel":"b"},
            {"match":{"database":"sandbox"},"ignore":false,"channel":"c","messages":{"user":"c"}}]
            """#
        let outcome = try outcome(rules)
        #expect(!outcome.isIgnored && outcome.channel == "c" && outcome.personalReceiver == .nobody)
        #expect(outcome.messages.query == (try MessageTemplate("a")))
        #expect(outcome.messages.user == (try MessageTemplate("c")))
    }

    // MARK: - The file

    @Test(arguments: [
        (#"{}"#, "settings: rules: expected an array, found an object"),
        (#"[{"ignore":true}]"#, "settings: rules[0]: expected the member match, found none"),
        (#"[{"match":null,"ignore":true}]"#, "settings: rules[0]: expected the member match, found none"),
        (#"[{"match":{"usr":"a"}}]"#, "settings: rules[0].match.usr: there is no such setting"),
        (#"[{"match":{}},{"match":{},"ignored":true}]"#, "settings: rules[1].ignored: there is no such setting"),
        (
            #"[{"match":{"user":null},"ignore":true}]"#,
            "settings: rules[0].match.user: expected a pattern, or a list of patterns, found null"
        ),
        (
            #"[{"match":{"user":[]}}]"#,
            "settings: rules[0].match.user: expected a pattern, or a list of patterns, found an array"
        ),
        (
            #"[{"match":{"user":5}}]"#,
            "settings: rules[0].match.user: expected a pattern, or a list of patterns, found 5"
        ),
        (
            #"[{"match":{"user":["a",""]}}]"#,
            "settings: rules[0].match.user[1]: expected a text that is not empty, found an empty text"
        ),
        (#"[{"match":{},"ignore":"yes"}]"#, #"settings: rules[0].ignore: expected true or false, found "yes""#),
        (
            #"[{"match":{},"notify":true}]"#,
            "settings: rules[0].notify: expected an address, a Slack id, a channel such as \"#etl\", or false, found true"
        ),
        (#"[{"match":{},"thresholds":{"usr":1}}]"#, "settings: rules[0].thresholds.usr: there is no such setting"),
        (#"[{"match":{},"messages":{"query":"{x}"}}]"#, "settings: rules[0].messages.query: an unknown variable '{x}'"),
    ])
    func aMistakeIsNamedWithItsKey(_ rules: String, _ problem: String) {
        let error = #expect(throws: SettingsError.self) { try settings(rules) }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }
}
