import Alerting
import Testing
import Time

@testable import Alerter
@testable import CloudTrail

/// The table of `athena-alerter who`.
@Suite struct CallerTableTests {
    private func start(
        _ name: String,
        _ kind: Person.Kind,
        _ source: Person.Source,
        session: String? = nil,
        tool: String? = nil
    ) -> QueryStart {
        QueryStart(
            executionID: "q",
            time: .now,
            caller: Caller(
                person: Person(name: name, kind: kind, source: source),
                sessionName: session,
                tool: tool
            ),
            principalARN: session.map { "arn:aws:sts::123456789012:assumed-role/etl/\($0)" },
            accountID: nil,
            region: nil,
            workgroup: "w"
        )
    }

    @Test func peopleComeFirstAndThoseWhoNeedAnAliasLast() {
        var table = CallerTable(settings: AlerterSettings())
        let id = "544894e8-80c1-707f-60e3-3ba6510dfac1"
        table.add(start(id, .person, .identityCenter))
        for session in ["i-1", "i-2", "i-3"] { table.add(start("etl", .role, .role, session: session)) }
        table.add(start("ada@example.com", .person, .sessionName, session: "ada@example.com", tool: "console"))
        for _ in 0..<2 { table.add(start("grace", .person, .iamUser)) }
        #expect(
            table.lines == [
                "user                                  found by         tool     role  session          queries",
                "ada@example.com                       session_name     console  etl   ada@example.com        1",
                "etl                                   role                      etl   i-1, …                 3",
                "grace                                 iam_user                                               2",
                "\(id)  identity_center                                        1",
            ]
        )
    }

    @Test func theSettingsAreApplied() {
        var settings = AlerterSettings()
        settings.people.aliases = ["grace": "grace@example.com"]
        var table = CallerTable(settings: settings)
        table.add(start("grace", .person, .iamUser))
        #expect(table.lines[1].hasPrefix("grace@example.com  alias"))
    }

    @Test func aNameCannotSteerTheTerminal() {
        var table = CallerTable(settings: AlerterSettings())
        table.add(start("a\u{1B}[2Jb", .person, .iamUser))
        #expect(table.lines[1].hasPrefix("a\\u{1B}[2Jb"))
    }
}
