import Querying
import Testing

@Suite struct ReadOnlySQLTests {
    private let check = ReadOnlySQL(database: "Logs", tables: ["events_v0", "Metrics", "other.shared", "open.*"])

    @Test(arguments: [
        "SELECT * FROM events_v0",
        "select count(*) from EVENTS_V0 e where e.id in (1, 2) group by 1, 2 having count(*) > 1 order by 1, 2 limit 10",
        "SELECT * FROM logs.events_v0, metrics m",
        #"SELECT * FROM "awsdatacatalog"."logs"."events_v0" AS t (a, b)"#,
        "SELECT * FROM other.shared JOIN open.anything USING (a, b) LEFT JOIN metrics ON a = b AND c = d",
        "SELECT * FROM (SELECT a, b FROM metrics) x CROSS JOIN UNNEST(x.a, x.b) WITH ORDINALITY AS t (c, d), events_v0",
        "SELECT * FROM (events_v0 JOIN (metrics m CROSS JOIN other.shared) ON true)",
        "SELECT * FROM ((SELECT 1) UNION (SELECT a FROM metrics)) t",
        "WITH a AS (SELECT * FROM metrics), b (x, y) AS (SELECT * FROM a, a AS c) SELECT * FROM b, a",
        "WITH a AS (WITH b AS (SELECT 1) SELECT * FROM b) SELECT (SELECT max(n) FROM a) FROM metrics",
        "SELECT extract(year FROM ts), trim(BOTH 'x' FROM s), substring(s FROM 2) FROM metrics",
        "SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM c FROM metrics",
        "SELECT a FROM metrics WHERE b = 'FROM secret; DROP TABLE x' -- FROM secret",
        "SELECT /* FROM secret; */ a FROM metrics /* ; */ ;",
        "SELECT a FROM metrics UNION ALL SELECT b FROM events_v0 EXCEPT VALUES (1, 2), (3, 4)",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES 1, 2",
        "SELECT 1",
        "SELECT * FROM metrics FOR TIMESTAMP AS OF (current_timestamp - interval '1' day) TABLESAMPLE BERNOULLI (10)",
        "SELECT * FROM metrics m, LATERAL (SELECT m.a) t",
        "SELECT listagg(a, ',') WITHIN GROUP (ORDER BY a, b), c FROM metrics m, events_v0 e GROUP BY c, d",
        "SELECT CAST(a AS timestamp with time zone), 1.5e3, m['k'], a -> 1 FROM metrics m FETCH FIRST 2 ROWS WITH TIES",
        "SELECT json_object('a': b, KEY c VALUE d, e : f, \"g\":h, upper(i):1) FROM metrics",
        "EXPLAIN SELECT * FROM metrics",
        "EXPLAIN ANALYZE VERBOSE SELECT * FROM metrics",
        "EXPLAIN (TYPE IO, FORMAT JSON) SELECT * FROM metrics",
        "SHOW COLUMNS IN metrics",
        "SHOW COLUMNS FROM `logs`.`metrics`",
        "SHOW PARTITIONS logs.metrics",
        "DESCRIBE FORMATTED metrics",
        "desc other.shared",
    ])
    func whatReadsAllowedTablesRuns(_ sql: String) throws {
        #expect(throws: Never.self) { try check.checked(sql) }
    }

    @Test(arguments: [
        // Other tables, in every place in which a table can stand.
        "SELECT * FROM secret",
        "SELECT * FROM metrics, secret",
        "SELECT * FROM metrics m JOIN metrics n ON listagg(a) WITHIN GROUP (ORDER BY a) = 'a', secret",
        "DESCRIBE `open.secret`",
        "SHOW PARTITIONS open.`a.secret`",
        "SELECT * FROM metrics m, (SELECT 1) x, secret",
        "SELECT * FROM metrics JOIN secret ON true",
        "SELECT * FROM metrics WHERE a IN (SELECT a FROM secret)",
        "SELECT (SELECT max(a) FROM secret)",
        "SELECT * FROM metrics m LEFT JOIN LATERAL (SELECT * FROM secret) t ON true",
        "SELECT * FROM (metrics CROSS JOIN secret)",
        "SELECT * FROM ((secret))",
        "SELECT * FROM metrics ORDER BY (SELECT a FROM secret)",
        "SELECT * FROM metrics UNION SELECT * FROM secret",
        "SELECT 1 UNION (SELECT * FROM secret)",
        "(SELECT 1) UNION SELECT * FROM secret",
        "((SELECT 1) UNION SELECT * FROM secret)",
        "SELECT extract(year FROM (SELECT ts FROM secret)) FROM metrics",
        "SELECT count(*) FILTER (WHERE a IN (SELECT a FROM secret)) FROM metrics",
        "SELECT * FROM UNNEST((SELECT array_agg(a) FROM secret)) t",
        "EXPLAIN SELECT * FROM secret",
        "EXPLAIN ANALYZE SELECT * FROM secret",
        "EXPLAIN (TYPE IO) SELECT * FROM secret",
        "EXPLAIN (TYPE IO",
        "EXPLAIN (TYPE (SELECT 1)) SELECT 1",
        "EXPLAIN (",
        // Names of other databases and catalogs, and what Athena keeps beside a table.
        "SELECT * FROM secret.metrics",
        "SELECT * FROM hive.logs.metrics",
        "SELECT * FROM a.b.logs.metrics",
        "SELECT * FROM information_schema.tables",
        #"SELECT * FROM "metrics$partitions""#,
        #"SELECT * FROM "logs.metrics""#,
        // Names of WITH count where they are known, and not before.
        "WITH secret AS (SELECT * FROM secret) SELECT 1",
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
        "SELECT * FROM (WITH secret AS (SELECT 1) SELECT * FROM secret) x, secret",
        "WITH RECURSIVE secret AS (SELECT * FROM secret) SELECT * FROM secret",
        "WITH a AS (SELECT 1) SELECT * FROM logs.a",
        "WITH FUNCTION f(x int) RETURNS int RETURN x SELECT f(1)",
        // Words that could be names hide nothing.
        "SELECT * FROM metrics limit, secret",
        "SELECT * FROM metrics offset, secret",
        "SELECT * FROM metrics window, secret",
        "SELECT * FROM metrics fetch, secret",
        "SELECT * FROM lateral, metrics",
        // To one of Athena's parsers a colon is a part of the word or number before it.
        "SELECT * FROM metrics where:x, secret",
        "SELECT * FROM metrics where: , secret",
        "SELECT * FROM metrics Where:, metrics",
        "SELECT 1where:x FROM metrics",
        "SELECT 1:x FROM metrics",
        "SELECT 1e1:x FROM metrics",
        "SELECT a:b FROM metrics",
        "SELECT _1:b FROM metrics",
        "SELECT a:::b FROM metrics",
        "SELECT json_object(a:b) FROM metrics",
        "EXPLAIN SELECT a:b FROM metrics",
        "SHOW COLUMNS IN metrics:x",
        "DESCRIBE metrics:x",
        // Numbers, quotes and comments hide nothing.
        "SELECT 1.FROM secret",
        "SELECT 1e1FROM secret",
        "SELECT .5FROM secret",
        "SELECT 'a'FROM secret",
        "SELECT \"a\"FROM\"secret\"",
        "SELECT 'it''s' FROM secret WHERE a = ''",
        "SELECT 1 -- comment\rFROM secret",
        "SELECT 1 --comment\nFROM secret",
        "SELECT 1/**/FROM/**/secret",
        "SELECT 1 FROM/* metrics */secret",
        "SELECT /* /* */ 1 FROM secret -- */",
        "SELECT * FROM metrics /* open",
        "SELECT * FROM metrics WHERE a = 'open",
        "SELECT U&'\\0027' FROM metrics",
        "SELECT * FROM `metrics`",
        "SELECT ü FROM metrics",
        "SELECT\u{A0}1",
        // Everything but reading.
        "DROP TABLE metrics",
        "CREATE TABLE x AS SELECT * FROM metrics",
        "INSERT INTO metrics SELECT * FROM metrics",
        "DELETE FROM metrics",
        "UPDATE metrics SET a = 1",
        "MERGE INTO metrics USING metrics ON true WHEN MATCHED THEN DELETE",
        "UNLOAD (SELECT * FROM metrics) TO 's3://x/' WITH (format = 'JSON')",
        "ALTER TABLE metrics ADD PARTITION (dt = '1')",
        "MSCK REPAIR TABLE metrics",
        "VACUUM metrics",
        "OPTIMIZE metrics REWRITE DATA USING BIN_PACK",
        "PREPARE a FROM SELECT 1",
        "EXECUTE a",
        "USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'f' SELECT f(1)",
        "EXPLAIN DROP TABLE metrics",
        "EXPLAIN (FORMAT JSON) CREATE TABLE x AS SELECT 1",
        "EXPLAIN ANALYZE INSERT INTO metrics SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE metrics",
        "TABLE secret",
        "SELECT * FROM (TABLE secret)",
        "SELECT * FROM metrics WHERE a IN (TABLE secret)",
        "SELECT 1 UNION TABLE secret",
        "SELECT * FROM TABLE(system.query('x'))",
        "SELECT * FROM query('x')",
        "SHOW TABLES",
        "SHOW DATABASES",
        "SHOW CREATE TABLE metrics",
        "SHOW COLUMNS IN secret",
        "SHOW PARTITIONS metrics extended",
        "SHOW PARTITIONS secret",
        "DESCRIBE secret",
        "DESCRIBE metrics a",
        "DESCRIBE",
        "SHOW COLUMNS IN metrics; DROP TABLE metrics",
        "",
        " ; ",
        "-- nothing",
        "SELECT (1",
        "SELECT 1)",
        "SELECT 1 FROM",
        "FROM metrics SELECT 1",
    ])
    func anythingElseIsRefused(_ sql: String) {
        #expect(throws: ReadOnlySQL.Refusal.self) { try check.checked(sql) }
    }

    @Test func whatRunsIsWhatWasCheckedWithoutItsComments() throws {
        let sql = "SELECT '--' /* c */ AS a, 1 >= 2 -- d\nFROM metrics;;"
        #expect(try check.checked(sql) == "SELECT '--'         AS a, 1 >= 2     \nFROM metrics  ")
    }

    @Test func theDeepestNestingIsRefused() {
        let sql = "SELECT " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000)
        #expect(throws: ReadOnlySQL.Refusal.self) { try check.checked(sql) }
    }

    @Test func theReasonNamesTheWordBeforeAColon() {
        let refusal = #expect(throws: ReadOnlySQL.Refusal.self) { try check.checked("SELECT 1 AS b, a:c") }
        #expect(refusal?.reason == "it cannot be read from 'a:' on")
    }

    @Test func theReasonNamesTheTable() {
        let refusal = #expect(throws: ReadOnlySQL.Refusal.self) { try check.checked("SELECT * FROM HR.Salaries") }
        #expect(refusal?.reason == "the table 'hr.salaries' may not be read")
    }
}
