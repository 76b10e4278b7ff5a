import Alerting
import CloudTrail
import HTTP
import JSON
import LoopbackServer
import Settings
import Slack
import Testing
import Time

@testable import Alerter

/// The Slack user of a query, against a scripted Slack.
@Suite struct SlackPeopleTests {
    private static let known = Answer.reply(200, body: #"{"ok":true,"user":{"id":"U0FOUND000"}}"#)

    private func settings(_ more: String) throws -> AlerterSettings {
        var settings = AlerterSettings()
        let section = try Section(file: "{\(more)}".utf8)
        try section.read { name, value throws(SettingsError) in try settings.read(name, value) }
        return settings
    }

    private func query(
        _ user: String,
        _ kind: Person.Kind?,
        _ source: Person.Source? = nil,
        session: String? = nil
    ) -> FinishedQuery {
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: "q")
        var query = FinishedQuery(key: key, state: "SUCCEEDED", user: user, dataScanned: 1)
        query.userType = kind
        query.userSource = source
        query.role = session == nil ? nil : kind == .role ? user : "bi-metabase"
        query.sessionName = session
        return query
    }

    /// The receiver in words, and the addresses that Slack was asked for.
    private func recipient(
        of query: FinishedQuery,
        _ settings: String,
        _ answers: Answer...,
        isRunner: Bool? = nil
    ) throws -> (words: String, askedFor: [String]) {
        let settings = try self.settings(settings)
        var people = SlackPeople(settings: settings)
        var words = ""
        var askedFor: [String] = []
        try LoopbackServer.run(answers) { (server) throws in
            let client = try SlackClient(http: HTTPClient(), api: server.url)
            let access = SlackPeople.Access(client: client, token: "xoxb-1", deadline: .after(.seconds(20)))
            let early = people.skipReason(of: query, under: RuleOutcome(settings))
            let recipient = try people.recipient(of: query, under: RuleOutcome(settings), by: access)
            if case .failure(let reason) = recipient, server.requests.isEmpty {
                #expect(early == reason)
            } else {
                #expect(early == nil)
            }
            switch recipient {
            case .success(.user(let id, let reader)):
                words = id
                if let isRunner { #expect((reader == .runner) == isRunner) }
            case .success(.channel(let channel)): words = channel
            case .failure(let reason): words = reason.rawValue
            }
            askedFor = server.requests.map(\.body)
        }
        return (words, askedFor)
    }

    @Test func aPersonIsFoundByAddress() throws {
        let domain = #""slack":{"email_domain":"example.com"}"#
        #expect(
            try recipient(of: query("ada", .person), domain, Self.known) == ("U0FOUND000", ["email=ada%40example.com"])
        )
        #expect(try recipient(of: query("a@b.c", nil), domain, Self.known) == ("U0FOUND000", ["email=a%40b.c"]))
        let withSign = #""slack":{"email_domain":"@example.com"}"#
        #expect(try recipient(of: query("ada", .person), withSign, Self.known).askedFor == ["email=ada%40example.com"])
    }

    @Test(arguments: [
        // A tool's own id, a program, a service, and a person without a domain: no request is sent.
        (
            "metabase:1000", Person.Kind.person, Person.Source.sqlComment, #""slack":{"email_domain":"x.y"}"#,
            "UnknownPerson"
        ),
        ("etl", .role, .role, #""slack":{"email_domain":"x.y"}"#, "NotAPerson"),
        ("glue.amazonaws.com", .service, .service, "", "NotAPerson"),
        ("ada", .person, .iamUser, "", "UnknownPerson"),
        // A Slack id, from an alias alone.
        ("U0123456789", .person, .alias, "", "U0123456789"),
        ("U0123456789", .person, .sqlComment, "", "UnknownPerson"),
        // Mappings: by the name, by the part before the company's domain, by the session of a program.
        ("grace", .person, .iamUser, #""slack":{"user_mappings":{"grace":"U1"}}"#, "U1"),
        ("grace@x.y", .person, .iamUser, #""slack":{"user_mappings":{"grace":"U1"},"email_domain":"x.y"}"#, "U1"),
        ("orders-role", .role, .role, #""slack":{"user_mappings":{"s-1":"U1"}}"#, "U1"),
        ("orders-role", .role, .role, #""slack":{"user_mappings":{"orders-role":"U1"}}"#, "U1"),
        // Owners of programs, never of people.
        ("etl", .role, .role, ##""people":{"owners":{"etl":"#etl"}}"##, "#etl"),
        ("etl", .role, .role, #""people":{"owners":{"etl/s-*":"U0123456789"}}"#, "U0123456789"),
        ("root", .root, .root, #""people":{"owners":{"*":"U0123456789"}}"#, "U0123456789"),
        ("ada", .person, .iamUser, #""people":{"owners":{"*":"U0123456789"}}"#, "UnknownPerson"),
    ])
    func theSettingsNameAReceiverWithoutARequest(
        _ user: String,
        _ kind: Person.Kind,
        _ source: Person.Source,
        _ settings: String,
        _ words: String
    ) throws {
        let session = kind == .role ? "s-1" : nil
        #expect(try recipient(of: query(user, kind, source, session: session), settings) == (words, []))
    }

    @Test func anOwnerIsFoundByAddress() throws {
        let owners = #""people":{"owners":{"etl":"grace@example.com"}}"#
        #expect(
            try recipient(of: query("etl", .role, .role), owners, Self.known)
                == ("U0FOUND000", ["email=grace%40example.com"])
        )
        let unknown = Answer.reply(200, body: #"{"ok":false,"error":"users_not_found"}"#)
        #expect(try recipient(of: query("etl", .role, .role), owners, unknown).words == "UnknownPerson")
    }

    @Test(arguments: ["metabase:7", "nobody@example.com"])
    func aClaimThatSlackDoesNotKnowLeavesTheOwner(_ claim: String) throws {
        let unknown = Answer.reply(200, body: #"{"ok":false,"error":"users_not_found"}"#)
        let query = query(claim, .person, .sqlComment, session: "s-1")
        let owners = ##""people":{"owners":{"bi-metabase/s-*":"#bi"}}"##
        #expect(try recipient(of: query, owners, unknown).words == "#bi")
    }

    @Test func onlyThePersonWhoRanTheQueryIsItsRunner() throws {
        let unknown = Answer.reply(200, body: #"{"ok":false,"error":"users_not_found"}"#)
        let owners = #""people":{"owners":{"bi-metabase":"U0123456789"}}"#
        let claim = query("nobody@example.com", .person, .sqlComment, session: "s-1")
        #expect(try recipient(of: claim, owners, unknown, isRunner: false).words == "U0123456789")
        #expect(try recipient(of: query("a@b.c", .person), owners, Self.known, isRunner: true).words == "U0FOUND000")
        let role = query("bi-metabase", .role, .role, session: "s-1")
        #expect(try recipient(of: role, owners, isRunner: false).words == "U0123456789")
    }
}
