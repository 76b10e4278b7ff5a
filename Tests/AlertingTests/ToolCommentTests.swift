import Querying
import Testing

@testable import Alerting

/// The claims of comments, each as a tool writes it.
@Suite struct ToolCommentTests {
    private static let redashRest =
        "Job ID: 9f8e7d6c-0c1c-4c1b-9d5e-5c2c8a3f1a2b, Query Hash: 0123456789abcdef0123456789abcdef"
    private static let metabaseRest = "queryHash: 0102030405060708090a0b0c0d0e0f100102030405060708090a0b0c0d0e0f10"

    private func claim(_ sql: String, patterns: [CommentPattern] = []) -> CommentClaim? {
        var people = People()
        people.comments = patterns
        people.aliases = ["metabase:1000": "ada@example.com"]
        return CommentClaim.claim(of: SQLComments.firstAndLast(in: sql), people: people)
    }

    @Test(arguments: [
        // Redash
        ("/* Username: ada@example.com, query_id: 42, \(redashRest), Scheduled: False */ SELECT 1", "ada@example.com"),
        (
            "/* Username: ada@example.com, query_id: adhoc, \(redashRest), Scheduled: False */ SELECT 1",
            "ada@example.com"
        ),
        (
            "/* Username: ada@example.com, Query ID: 7, Queue: queries, \(redashRest), Scheduled: False */\nSELECT 1",
            "ada@example.com"
        ),
        (
            "/* Username: o'hara,ann@example.com, query_id: 42, \(redashRest), Scheduled: True */ SELECT 1",
            "o'hara,ann@example.com"
        ),
        (
            "/* Username: ünïcode@exämple.com, query_id: 1, \(redashRest), Scheduled: False */ SELECT '--'",
            "ünïcode@exämple.com"
        ),
    ])
    func redashNamesTheUserOrTheOwner(_ sql: String, _ person: String) {
        #expect(claim(sql) == CommentClaim(tool: "redash", person: person))
    }

    @Test(arguments: [
        "/* Username: <User: 12>, query_id: 42, \(redashRest), Scheduled: False */ SELECT 1",
        "/* Username: ApiUser Query 5, query_id: 42, \(redashRest), Scheduled: False */ SELECT 1",
        "/* Username: , query_id: 42, \(redashRest), Scheduled: False */ SELECT 1",
    ])
    func anAPIKeyOfRedashIsNobody(_ sql: String) {
        #expect(claim(sql) == CommentClaim(tool: "redash"))
    }

    @Test(arguments: [
        ("-- Metabase:: userID: 1000 queryType: MBQL \(metabaseRest)\nSELECT 1", "metabase:1000"),
        ("-- Metabase:: userID: 7 queryType: native \(metabaseRest)\nSELECT 1", "metabase:7"),
        (
            "-- /* partner: \"metabase\", {\"dashboard_id\":null} */ Metabase:: userID: 12 queryType: MBQL\nSELECT 1",
            "metabase:12"
        ),
        (
            "-- Metabase:: userID: 3 queryType: MBQL \(metabaseRest) accountID: x dashboardID: 1 cardID: 2\r\nSELECT 1",
            "metabase:3"
        ),
    ])
    func metabaseNamesItsIDOfTheUser(_ sql: String, _ person: String) {
        #expect(claim(sql) == CommentClaim(tool: "metabase", person: person))
    }

    @Test(arguments: [
        ("-- Metabase\nSELECT 1", "metabase"),
        ("-- Metabase:: queryType: native\nSELECT 1", "metabase"),
        (#"-- Looker Query Context '{"user_id":null,"history_slug":"x","instance_slug":"y"}'\#nSELECT 1"#, "looker"),
        (#"SELECT 1 -- Hex query metadata: {"context":"SCHEDULED_RUN","user_email":"ada@example.com"}"#, "hex"),
        ("-- [SQL LAB] None 2024-05-06T07:08:09\nSELECT 1", "superset"),
        ("/* Username: Scheduled, query_id: 42, \(redashRest), Scheduled: True */ SELECT 1", "redash"),
    ])
    func aScheduleIsNobodyInPerson(_ sql: String, _ tool: String) {
        #expect(claim(sql) == CommentClaim(tool: tool, isUnattended: true))
    }

    @Test(
        arguments: [
            (
                #"/* {"app": "dbt", "dbt_version": "1.8.5", "profile_name": "user", "target_name": "dev"} */\#nselect 1"#,
                nil
            ),
            (#"-- /* {"app": "dbt", "node_id": "model.shop.orders"} */\#ncreate table x as select 1"#, nil),
            (#"select 1"# + #"\#n/* {"node_id": "model.shop.orders", "app": "dbt", "user": "ada"} */"#, "ada"),
            (#"-- /* {"app": "dbt", "user_email": "ada@example.com"} */\#nselect 1"#, "ada@example.com"),
            (
                #"/* {"app":"dbt","dbt_cloud_run_reason":"Kicked off from UI by ada@example.com"} */ select 1"#,
                "ada@example.com"
            ),
            (#"/* {"app":"dbt","node_meta":{"owner":"@alice"}} */ select 1"#, "alice"),
            (#"/* {"app":"dbt","dbt_cloud_run_reason":"scheduled"} */ select 1"#, nil),
        ] as [(String, String?)]
    )
    func dbtNamesAPersonOnlyWhereTheTeamAddedOne(_ sql: String, _ person: String?) {
        #expect(claim(sql) == CommentClaim(tool: "dbt", person: person))
    }

    @Test(
        arguments: [
            (
                #"-- Looker Query Context '{"user_id":6,"history_slug":"abc","instance_slug":"d"}'\#nSELECT 1"#,
                "looker", "looker:6"
            ),
            (#"SELECT 1 -- Looker Query Context '{"user_id":7,"history_slug":"abc"}'"#, "looker", "looker:7"),
            (
                #"SELECT 1\#n\#n-- Sigma Σ {"request-id":"g0","email":"john.doe@example.com"}"#,
                "sigma", "john.doe@example.com"
            ),
            (
                #"SELECT 1\#n\#n-- Sigma Σ {"sourceUrl":"https://app.sigmacomputing.com/x","kind":"adhoc","email":"a@b.c"}"#,
                "sigma", "a@b.c"
            ),
            (
                #"SELECT 1\#n-- Hex query metadata: {"categories":["Scratchpad"],"user_email":"ada@example.com"}"#,
                "hex", "ada@example.com"
            ),
            (
                #"-- Hex query metadata: {"context":"APP_VIEW","user_email":"ada@example.com"}\#nSELECT 1"#,
                "hex", "ada@example.com"
            ),
            (
                #"SELECT 1\#n-- {"user":"@ada","email":"ada@example.com","url":"https://modeanalytics.com/x"}"#,
                "mode", "ada@example.com"
            ),
            (
                #"SELECT 1\#n-- {"user":"@ada","url":"https://app.mode.com/x/reports/1","scheduled":true}"#, "mode",
                "ada"
            ),
            ("/* QuickSight 0f3a9c01-d2e4-4b57-8688-99aabbccddee */ SELECT 1", "quicksight", nil),
            ("/* QuickSight */\nSELECT 1", "quicksight", nil),
            ("-- [SQL LAB] ada 2024-05-06T07:08:09\nSELECT 1", "superset", "ada"),
            ("SELECT 1\n-- [Superset] ada@example.com 2024-05-06", "superset", "ada@example.com"),
            ("SELECT 1 /* superset_user=ada */", "superset", "ada"),
            ("SELECT 1 /*action='x',user='ada%40example.com'*/", nil, "ada@example.com"),
            (
                "SELECT 1 /*db_driver='psycopg2',route='%2Forders',user_email='ada%40example.com'*/;", nil,
                "ada@example.com"
            ),
            (
                "SELECT 1 /* traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',user='ada%%40example.com' */",
                nil, "ada@example.com"
            ),
            (#"SELECT 1 /*username='o\'hara'*/"#, nil, "o'hara"),
        ] as [(String, String?, String?)]
    )
    func eachToolNamesThePersonInItsOwnWay(_ sql: String, _ tool: String?, _ person: String?) {
        #expect(claim(sql) == CommentClaim(tool: tool, person: person))
    }

    @Test(arguments: [
        // A text is no comment.
        "SELECT '/* Username: ada@example.com, query_id: 42, \(redashRest), Scheduled: False */'",
        #"SELECT "-- Metabase:: userID: 1000 queryType: MBQL""#,
        // A comment without its end may end in the middle of a name.
        "SELECT 1 /* Username: ada@example.com, query_id: 42, Job ID: 1, Query Hash: 2",
        // Words of other people.
        "-- Username: see below\nSELECT 1", "-- user: ada\nSELECT 1", "-- metabase\nSELECT 1",
        "/* QuickSight reads this table every night */ SELECT 1", "SELECT 1 -- a='b", "SELECT 1 -- it's 'quoted'",
        #"-- {"user":"ada","url":"https://modeanalytics.com.example.com/"}\#nSELECT 1"#,
        #"-- {"app":"other","user":"ada"}\#nSELECT 1"#,
        "SELECT 1", "", "SELECT 1 - -1 * 2",
        // Neither the first comment nor the last.
        "-- a\nSELECT 1 -- Metabase:: userID: 1000 queryType: MBQL\n, 2 -- b",
    ])
    func otherTextsClaimNothing(_ sql: String) {
        #expect(claim(sql) == nil)
    }

    @Test(arguments: [
        (#"-- Sigma Σ {"email":"ada@exam"#, "sigma"), (#"-- Hex query metadata: {"user_email": "ada"#, "hex"),
        (#"-- Looker Query Context '{"user_id":"#, "looker"),
        (#"-- Sigma Σ {"email":7}"#, "sigma"), (#"-- Sigma Σ {"email":"a\u0000b"}"#, "sigma"),
        (#"-- Sigma Σ {"email":"\u202Eada"}"#, "sigma"),
    ])
    func aDamagedCommentNamesTheToolAlone(_ sql: String, _ tool: String) {
        #expect(claim(sql) == CommentClaim(tool: tool))
    }

    @Test func anEndlessNameIsNoName() {
        let sql = #"-- Sigma Σ {"email":"\#(String(repeating: "a", count: 400))@example.com"}"#
        #expect(claim(sql) == CommentClaim(tool: "sigma"))
    }

    @Test(arguments: [
        ("-- Metabase:: userID: 1000 queryType: MBQL\nSELECT 1 /*user='ada%40example.com'*/", "metabase:1000"),
        ("-- [SQL LAB] Ada@example.com x\nSELECT 1 /*user='ada%40example.com'*/", "Ada@example.com"),
    ])
    func twoNamesOfOnePersonAgree(_ sql: String, _ person: String) {
        #expect(claim(sql)?.person == person && claim(sql)?.tool != nil)
    }

    @Test(arguments: [
        ("/*route='x'*/ SELECT 1\n-- Metabase", CommentClaim(tool: "metabase", isUnattended: true)),
        (
            "/* Username: <User: 1>, query_id: 42, \(redashRest), Scheduled: False */ SELECT 1 /*user='ada'*/",
            CommentClaim(tool: "redash", person: "ada")
        ),
    ])
    func oneCommentAddsWhatTheOtherLacks(_ sql: String, _ expected: CommentClaim) {
        #expect(claim(sql) == expected)
    }

    @Test func aLongCommentIsNoTools() throws {
        let flags = String(repeating: "\u{1F1E9}", count: 65_536)
        let pattern = try #require(CommentPattern("user: {person}", tool: nil))
        #expect(claim("/*\(flags)user: ada'*/", patterns: [pattern]) == nil)
    }

    @Test func twoCommentsThatNameTwoPeopleNameNobody() {
        let redash = "/* Username: ada@example.com, query_id: 42, \(Self.redashRest), Scheduled: False */ SELECT 1\n"
        #expect(claim(redash + #"-- Sigma Σ {"email":"bob@example.com"}"#) == CommentClaim())
        #expect(
            claim(redash + #"-- Sigma Σ {"email":"ada@example.com"}"#)
                == CommentClaim(tool: "redash", person: "ada@example.com")
        )
        #expect(
            claim(redash + #"/* {"app":"dbt"} */"#) == CommentClaim(tool: "redash", person: "ada@example.com")
        )
        #expect(
            claim(#"/* {"app":"dbt"} */ SELECT 1 /*user='ada'*/"#) == CommentClaim(tool: "dbt", person: "ada")
        )
    }

    @Test(
        arguments: [
            ("-- user: {person}", "-- user: ada\nSELECT 1", "ada"),
            ("-- user: {person}", "-- USER: ada", nil),
            ("-- user: {person}", "/* user:   ada@example.com, team: x */ SELECT 1", "ada@example.com"),
            ("-- user: {person}", "-- superuser: ada\nSELECT 1", nil),
            ("-- user: {person}", "-- last_user: bob user: ada\nSELECT 1", "ada"),
            ("-- user: {person}", "-- user: , user: ada\nSELECT 1", "ada"),
            ("/* by {person} on */", "SELECT 1 /* by Ada Lovelace on Monday */", "Ada Lovelace"),
            ("/* by {person} on */", "SELECT 1 /* by Ada Lovelace */", nil),
            ("run_by={person}", "SELECT 1 -- dag=x run_by=ada;", "ada"),
            ("-- user: {person}", "-- user: \nSELECT 1", nil),
            ("-- user: {person}", "SELECT '-- user: ada'", nil),
        ] as [(String, String, String?)]
    )
    func aTeamHasItsOwnForms(_ pattern: String, _ sql: String, _ person: String?) throws {
        let pattern = try #require(CommentPattern(pattern, tool: "house"))
        #expect(claim(sql, patterns: [pattern]) == person.map { CommentClaim(tool: "house", person: $0) })
    }

    @Test(arguments: ["", "{person}", "-- {person}", "-- user", "-- {person} and {person}", "-- user: {user}"])
    func aFormNamesThePersonOnceAfterOtherText(_ pattern: String) {
        #expect(CommentPattern(pattern, tool: nil) == nil)
    }

    @Test func aFormOfTheTeamsCountsBeforeThoseOfTools() throws {
        let pattern = try #require(CommentPattern("Username: {person}", tool: nil))
        let sql = "/* Username: bob, query_id: 42, \(Self.redashRest), Scheduled: False */ SELECT 1"
        #expect(claim(sql, patterns: [pattern]) == CommentClaim(person: "bob"))
    }
}
