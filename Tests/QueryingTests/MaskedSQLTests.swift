import Querying
import Testing

@Suite struct MaskedSQLTests {
    @Test(arguments: [
        ("SELECT a, b FROM db.t", "SELECT a, b FROM db.t"),
        ("select * from t where id = 42 and x<1.5e3", "select * from t where id = ? and x<?"),
        ("select 'ada@example.com', -7, .5", "select ?, -?, .?"),
        ("select 'it''s' from t1", "select ? from t1"),
        ("select date '2024-01-01', x'AB', true", "select date ?, x?, true"),
        ("select * from t where a in (1, 2,\n  'x')", "select * from t where a in (?, ?,\n  ?)"),
        // Names stay; a mark in a name or a text begins nothing.
        (#"select "$path", "Ada's" from "t--1""#, #"select "$path", "Ada's" from "t--1""#),
        ("select '--', '/*', 5 -- 6", "select ?, ?, ?"),
        // Comments go, with the lines that they had for themselves.
        ("-- for ada\nselect 1 -- secret\nfrom t", "select ?\nfrom t"),
        ("/* {\"user\":\"ada\"} */ select a/* b */from t", "select a from t"),
        ("select a,\n  -- b\n  -- c\n  d", "select a,\n  d"),
        ("", ""), ("-- only a comment", ""),
        // What does not end, or is of no SQL, ends the text.
        ("select 1 from t where a = 'sec", "select ? from t where a = …"),
        ("select 1 /* sec", "select ? …"),
        ("select a from \"t", "select a from …"),
        ("select 'a' & 'b'", "select ? …"),
        ("select straße from t", "select stra…"),
        ("select 12abc from t", "select …"),
        // To Trino a backslash is a character.
        (#"select 'C:\' from t where a = 'secret'"#, "select ? from t where a = ?"),
        // To Hive it escapes, and text in double quotes is a value.
        (#"alter table t set tblproperties ("key" = 'a')"#, "alter table t set tblproperties (? = ?)"),
        (#"alter table t set location 'a\' secret 'b'"#, "alter table t set location …"),
        (#"ALTER TABLE `t` ADD PARTITION (dt="a\"secret")"#, "ALTER TABLE `t` ADD PARTITION (dt=…"),
        ("show tables in db 'secret*'", "show tables in db ?"),
        ("(select 1)", "(select ?)"),
        ("with a as (select 1) select \"b\" from a", "with a as (select ?) select \"b\" from a"),
    ])
    func textsAndNumbersAreMaskedAndCommentsGo(_ sql: String, _ masked: String) {
        #expect(MaskedSQL.mask(sql) == masked)
    }

    @Test func noTextOfAQueryStaysWhereverItIsCut() {
        let sql = #"with a as (select 'secret' as "name", 4711 from t /* secret */) select 'it''s secret' -- secret"#
        for length in 0...sql.count {
            let masked = MaskedSQL.mask(String(sql.prefix(length)))
            #expect(!masked.contains("secret") && !masked.contains("4711") && !masked.contains("47"), "\(masked)")
        }
    }

    @Test func aLongTextTakesNoLongerThanItsLength() {
        let sql = "select " + String(repeating: "'a', ", count: 50_000) + "1"
        #expect(MaskedSQL.mask(sql).utf8.count == 7 + 3 * 50_000 + 1)
    }
}
