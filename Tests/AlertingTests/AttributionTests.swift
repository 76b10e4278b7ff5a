import CloudTrail
import JSON
import Settings
import Testing

@testable import Alerting

/// The person whom all evidence together names.
@Suite struct AttributionTests {
    private static let sigma = #"SELECT 1 -- Sigma Σ {"email":"ada@example.com"}"#
    private static let metabase = "-- Metabase:: userID: 1000 queryType: MBQL\nSELECT 1"
    private static let metabaseAlone = "-- Metabase\nSELECT 1"
    private static let dbt = #"/* {"app": "dbt"} */ SELECT 1"#

    private func people(_ text: String) throws -> People {
        try People(Section(key: "people", value: JSONValue(parsing: text.utf8)))
    }

    private func attribution(
        _ name: String,
        _ kind: Person.Kind,
        _ source: Person.Source,
        tool: String? = nil
    ) -> Attribution {
        Attribution(
            person: Person(name: name, kind: kind, source: source),
            tool: tool,
            sessionName: "s-1",
            principalARN: "arn:aws:sts::123456789012:assumed-role/etl/s-1"
        )
    }

    @Test(arguments: [
        // A program ran it for the person whom the comment names.
        (
            "etl", Person.Kind.role, Person.Source.role, nil as String?, sigma, "ada@example.com", Person.Kind.person,
            Person.Source.sqlComment, "sigma" as String?
        ),
        ("redash-user", .person, .iamUser, nil, sigma, "ada@example.com", .person, .sqlComment, "sigma"),
        ("john", .person, .sessionName, nil, sigma, "ada@example.com", .person, .sqlComment, "sigma"),
        ("quicksight.amazonaws.com", .service, .service, nil, sigma, "ada@example.com", .person, .sqlComment, "sigma"),
        ("etl", .role, .role, "pyathena", metabase, "metabase:1000", .person, .sqlComment, "metabase"),
        // CloudTrail names a human being: the comment may have been copied.
        ("bob@example.com", .person, .sessionName, nil, sigma, "bob@example.com", .person, .sessionName, "sigma"),
        ("bob", .person, .sourceIdentity, nil, sigma, "bob", .person, .sourceIdentity, "sigma"),
        ("bob", .person, .identityCenter, nil, sigma, "bob", .person, .identityCenter, "sigma"),
        ("bob", .person, .iamUser, "console", sigma, "bob", .person, .iamUser, "console"),
        ("root", .root, .root, nil, sigma, "root", .root, .root, "sigma"),
        // Nobody in person.
        ("etl", .role, .role, nil, metabaseAlone, "etl", .role, .role, "metabase"),
        ("metabase", .person, .sessionName, nil, metabaseAlone, "etl", .role, .role, "metabase"),
        (
            "bob@example.com", .person, .sessionName, nil, metabaseAlone, "bob@example.com", .person, .sessionName,
            "metabase"
        ),
        // A tool alone.
        ("etl", .role, .role, "pyathena", dbt, "etl", .role, .role, "dbt"),
        ("etl", .role, .role, "pyathena", "SELECT 1", "etl", .role, .role, "pyathena"),
    ])
    func aCommentNamesThePersonWhereCloudTrailDoesNot(
        _ name: String,
        _ kind: Person.Kind,
        _ source: Person.Source,
        _ tool: String?,
        _ sql: String,
        _ settledName: String,
        _ settledKind: Person.Kind,
        _ settledSource: Person.Source,
        _ settledTool: String?
    ) {
        let settled = attribution(name, kind, source, tool: tool).settled(sql: sql, people: People())
        #expect(settled.person == Person(name: settledName, kind: settledKind, source: settledSource))
        #expect(settled.tool == settledTool)
        #expect(settled.sessionName == "s-1")
        #expect(settled.principalARN == "arn:aws:sts::123456789012:assumed-role/etl/s-1")
    }

    @Test(arguments: [
        ("etl", Person.Kind.role, Person.Source.role, metabase, "grace@example.com"),
        ("Ada.Lovelace", .person, .sessionName, "SELECT 1", "ada@example.com"),
        ("ADA", .person, .iamUser, "SELECT 1", "ada@example.com"),
        ("etl", .role, .role, "SELECT 1", "U0123456789"),
        ("544894e8-80c1-707f-60e3-3ba6510dfac1", .person, .identityCenter, "SELECT 1", "ada@example.com"),
    ])
    func severalNamesOfOnePersonBecomeOne(
        _ name: String,
        _ kind: Person.Kind,
        _ source: Person.Source,
        _ sql: String,
        _ alias: String
    ) throws {
        let people = try people(
            """
            {"aliases":{"metabase:1000":"grace@example.com","ada.lovelace":"ada@example.com","ada":"ada@example.com",
            "etl":"U0123456789","544894e8-80c1-707f-60e3-3ba6510dfac1":"ada@example.com"}}
            """
        )
        let settled = attribution(name, kind, source).settled(sql: sql, people: people)
        #expect(settled.person == Person(name: alias, kind: .person, source: .alias))
    }

    @Test(arguments: [
        ("john", "etl/s-1"), ("john", "etl/*"), ("john", "ETL/S-?"), ("john", "john"), ("john", "j*"),
    ])
    func theSettingsNameMachines(_ name: String, _ pattern: String) throws {
        let people = try people(#"{"machines":["\#(pattern)"]}"#)
        let settled = attribution(name, .person, .sessionName).settled(sql: nil, people: people)
        #expect(settled.person == Person(name: "etl", kind: .role, source: .role))
    }

    @Test func aMachineWithoutARoleKeepsItsName() throws {
        let people = try people(#"{"machines":["loader"]}"#)
        let user = Attribution(
            person: Person(name: "loader", kind: .person, source: .iamUser),
            principalARN: "arn:aws:iam::123456789012:user/team/loader"
        )
        #expect(
            user.settled(sql: nil, people: people).person
                == Person(name: "loader", kind: .service, source: .iamUser)
        )
    }

    @Test(arguments: [
        ("544894e8-80c1-707f-60e3-3ba6510dfac1", Person.Source.identityCenter, true),
        ("906744d1f0-544894e8-80c1-707f-60e3-3ba6510dfac1", .identityCenter, true),
        ("544894e8-80c1-707f-60e3-3ba6510dfacg", .identityCenter, false),
        ("544894e8-80c1-707f-60e3", .identityCenter, false),
        ("ada@example.com", .identityCenter, false),
        ("544894e8-80c1-707f-60e3-3ba6510dfac1", .sessionName, false),
        ("00000000-80c1-707f-60e3-3ba6510dfac1", .identityCenter, false),
    ])
    func onlyAnIDOfIdentityCenterIsLookedUp(_ name: String, _ source: Person.Source, _ isID: Bool) throws {
        let people = try people(#"{"aliases":{"00000000-80C1-707F-60E3-3BA6510DFAC1":"ada@example.com"}}"#)
        #expect(attribution(name, .person, source).directoryID(unknownTo: people) == (isID ? name : nil))
    }

    @Test(
        arguments: [
            ("etl", "nightly", People.Receiver.channel("#etl")), ("etl", "hourly", .address("ada@example.com")),
            ("Etl", nil, .address("ada@example.com")), ("load-orders", nil, .slackUser("U0123456789")),
            ("report", "x", .channel("C0123456789")), ("other", "x", nil),
        ] as [(String, String?, People.Receiver?)]
    )
    func theFirstFormThatFitsNamesTheOwner(_ role: String, _ session: String?, _ owner: People.Receiver?) throws {
        let people = try people(
            """
            {"owners":{"etl/nightly*":"#etl","etl":"ada@example.com","load-*":"U0123456789","report/*":"C0123456789"}}
            """
        )
        #expect(people.owner(of: role, session: session) == owner)
    }

    @Test(arguments: [
        (#"{"aliases":{"ada":"ada"}}"#, "people.aliases.ada: expected the person's address or Slack id"),
        (##"{"aliases":{"ada":"#etl"}}"##, ##"found "#etl""##),
        (#"{"aliases":{"ada":"a@b.c","ADA":"d@e.f"}}"#, "people.aliases.ADA: this name, in other letters"),
        (#"{"owners":{"etl":"nobody"}}"#, "people.owners.etl: expected an address, a Slack id, or a channel"),
        (#"{"owners":["etl"]}"#, "people.owners: expected an object"),
        (#"{"machines":"etl"}"#, #"people.machines: expected an array, found "etl""#),
        (#"{"machines":[7]}"#, "people.machines[0]: expected a text that is not empty, found 7"),
        (#"{"sql_comments":["-- user"]}"#, "people.sql_comments[0]: expected a text with {person} once"),
        (#"{"sql_comments":[{"tool":"x"}]}"#, "people.sql_comments[0]: expected the member pattern"),
        (#"{"sql_comments":[{"pattern":"-- u: {person}","t":"x"}]}"#, "people.sql_comments[0].t: there is no such"),
        (#"{"alias":{}}"#, "people.alias: there is no such setting"),
    ])
    func aMistakeInTheSettingsIsNamed(_ text: String, _ words: String) {
        let error = #expect(throws: SettingsError.self) { try people(text) }
        #expect(error.map { "\($0)" }?.contains(words) == true)
    }

    @Test func aFormOfCommentsMayNameItsTool() throws {
        let people = try people(
            #"{"sql_comments":["-- user: {person}",{"pattern":"-- job: x by {person}","tool":"airflow"}]}"#
        )
        let settled = attribution("etl", .role, .role).settled(sql: "-- job: x by ada\nSELECT 1", people: people)
        #expect(settled.person == Person(name: "ada", kind: .person, source: .sqlComment) && settled.tool == "airflow")
    }
}
