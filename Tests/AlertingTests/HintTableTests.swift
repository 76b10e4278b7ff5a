import Alerting
import Testing

/// Statements as people and tools write them, each with the hints that an alert has for it.
@Suite struct HintTableTests {
    @Test(arguments: [
        ("select count(*) from clicks", "partition_filter"),
        (
            "select user_id, count(*) from web.clicks where event_time > timestamp '2026-01-01 00:00:00' group by 1",
            "partition_filter"
        ),
        ("select * from clicks where user_id = 7", "partition_filter select_star"),
        ("SELECT c.url FROM clicks c JOIN orders o ON c.order_id = o.id WHERE o.amount > 100", "partition_filter"),
        ("with x as (select * from clicks) select user_id from x where url like '%a%'", "partition_filter"),
        ("select user_id from (select user_id, url from clicks) where url = '/'", "partition_filter"),
        (
            "select a.url from clicks a where a.day = '2026-01-01' union all select b.url from clicks b",
            "partition_filter"
        ),
        ("select d, count(*) from recent group by 1", "partition_filter"),
        ("select url from recent where user_id = 7", "partition_filter"),
        ("insert into orders select url, user_id from clicks where user_id > 7", "partition_filter"),
        ("create table x with (format = 'PARQUET') as select * from clicks", "partition_filter"),
        ("unload (select * from clicks) to 's3://b/x/' with (format = 'PARQUET')", "partition_filter"),
        ("explain analyze select max(url) from clicks", "partition_filter"),
        ("select url from clicks where cast(day as date) >= current_date - interval '7' day", "partition_function"),
        (
            "select url from clicks where date(day) between date '2026-01-01' and date '2026-01-31'",
            "partition_function"
        ),
        ("select url from clicks where substr(day, 1, 7) = '2026-01'", "partition_function"),
        ("select url from clicks where concat(day, hour) >= '2026010100'", "partition_function"),
        ("select url from clicks where coalesce(day, '') = '2026-01-01' and user_id = 3", "partition_function"),
        (
            "select url from clicks where date_parse(clicks.day, '%Y-%m-%d') > now() - interval '1' day",
            "partition_function"
        ),
        ("select url from clicks where day = '2026-01-01' and user_id = 3 or user_id = 4", "partition_alternative"),
        (
            "select c.url from clicks c join small s on c.id = s.id where c.day > '2026' or s.x = 1",
            "partition_alternative small_files"
        ),
        ("select url from (select * from clicks) where user_id = 4 or day = '2026-01-01'", "partition_alternative"),
        ("select d from recent where d = '2026-01-01' or url like '/a%' or url like '/b%'", "partition_alternative"),
        (
            "select url from clicks where date(day) = current_date or user_id in (3, 4)",
            "partition_alternative partition_function"
        ),
        (
            "insert into orders select url from clicks where hour = '03' and (a = 1 or b = 2) or c is null",
            "partition_alternative"
        ),
        ("select o.id, u.id from orders o, small u", "cross_join small_files"),
        ("select o.id from orders o cross join small s where o.amount > 3", "cross_join small_files"),
        ("select o.id from orders o join small s on true", "cross_join small_files"),
        ("select sum(amount) from events where day = '2026-01-01'", "row_format"),
        ("select user_id, url from events where day >= '2026-01-01' group by 1, 2", "row_format"),
        ("select name from users where country = 'DE'", "row_format"),
        ("select count(*) from events", "partition_filter row_format"),
        ("select * from orders", "select_star"),
        ("select o.* from orders o join small s on o.id = s.id", "select_star small_files"),
        ("select * from (select * from orders) where amount > 3", "select_star"),
        ("select *, amount * 2 as twice from orders", "select_star"),
        ("select id from orders order by amount desc limit 10", "limit_after_all"),
        ("select country, count(*) from orders group by country limit 100", "limit_after_all"),
        ("select distinct country from orders limit 100", "limit_after_all"),
        ("select id, row_number() over (order by amount) from orders limit 5", "limit_after_all"),
        ("select * from orders order by created_at desc limit 100", "select_star limit_after_all"),
        ("select max(x) from small", "small_files"),
    ])
    func handWrittenStatements(_ sql: String, _ expected: String) {
        #expect(Self.hints(sql) == expected)
    }

    @Test(arguments: [
        (
            #"/* Username: ada@example.com, query_id: 42, Job ID: 0b6c, Query Hash: 9e10, Scheduled: False */ select id from orders"#,
            "reuse_comment"
        ),
        (
            #"/* Username: ada@example.com, query_id: 42, Job ID: 0b6c, Query Hash: 9e10, Scheduled: False */ SELECT url FROM clicks"#,
            "partition_filter reuse_comment"
        ),
        (
            "/* QuickSight 4f5e2d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f */\nSELECT \"country\", SUM(\"amount\") AS \"s\" FROM (SELECT * FROM \"web\".\"orders\") "
                + "AS \"t\" GROUP BY \"country\" ORDER BY \"s\" DESC LIMIT 2500", "reuse_comment limit_after_all"
        ),
        ("-- [SQL LAB] ada 2026-01-01T10:00:00\nselect id from orders", "reuse_comment"),
        (
            "-- Metabase:: userID: 1000 queryType: MBQL queryHash: 9e10\nSELECT \"source\".\"country\" AS \"country\", COUNT(*) AS \"count\" FROM "
                + "(SELECT \"web\".\"clicks\".\"country\" AS \"country\" FROM \"web\".\"clicks\") AS \"source\" GROUP BY \"source\".\"country\"",
            "partition_filter"
        ),
        (
            "-- Metabase\nSELECT \"web\".\"orders\".\"id\" AS \"id\" FROM \"web\".\"orders\" ORDER BY \"web\".\"orders\".\"id\" ASC LIMIT 2000",
            "limit_after_all"
        ),
        (
            "-- /* {\"app\": \"dbt\", \"dbt_version\": \"1.9.0\", \"node_id\": \"model.lake.daily\"} */\ncreate table \"awsdatacatalog\".\"web\".\"daily\" "
                + "with (table_type='hive', format='parquet') as with source as (select * from \"awsdatacatalog\".\"web\".\"clicks\"), "
                + "renamed as (select day, user_id as uid from source) select uid, count(*) as n from renamed group by 1",
            "partition_filter"
        ),
        (
            "SELECT DATE_TRUNC('day', CAST(event_time AS TIMESTAMP)) AS __timestamp, COUNT(DISTINCT user_id) AS n FROM web.clicks WHERE "
                + "event_time >= TIMESTAMP '2026-01-01 00:00:00.000000' AND event_time < TIMESTAMP '2026-02-01 00:00:00.000000' GROUP BY "
                + "DATE_TRUNC('day', CAST(event_time AS TIMESTAMP)) ORDER BY n DESC\nLIMIT 1000",
            "partition_filter limit_after_all"
        ),
        ("select sum(amount) as s from orders /*action='x',traceparent='00-1-2-01'*/", "reuse_comment"),
    ])
    func statementsOfTools(_ sql: String, _ expected: String) {
        #expect(Self.hints(sql) == expected)
    }

    /// Statements that look as if a hint were due, and none is.
    @Test(arguments: [
        // The condition is there, although not at once to be seen.
        "select url from clicks where day = '2026-01-01'",
        "with x as (select * from clicks) select url from x where day = '2026-01-01'",
        "select url from (select url, day as d from clicks) where d >= '2026-01-01'",
        "select c.url from clicks c join orders o on c.day = o.day",
        "select url from clicks where day in (select max(day) from orders)",
        "select url from clicks join orders using (day)",
        "select url from clicks natural join orders",
        "select url from clicks where hour = '03'",
        "select url from clicks where (day, hour) in (('2026-01-01', '03'))",
        "select url from clicks where day = ?",
        "select url from safe where user_id = 3",
        "select url from recent where d = '2026-01-01'",
        "select url from clicks as c (a, b) where a = '2026-01-01'",
        "select url from (select * from clicks union all select * from clicks) where day = '2026-01-01'",
        "select \"Day\" from clicks where \"Day\" = '2026-01-01'",
        // Each alternative has a condition on a key, or one that may be on it, or the alternatives are not of all rows.
        "select url from clicks where day = '2026-01-01' and (user_id = 3 or user_id = 4)",
        "select url from clicks where day = '2026-01-01' or day = '2026-01-02'",
        "select url from clicks where day = '2026-01-01' or hour = '03'",
        "select url from clicks where day = '2026-01-01' and a = 1 or day = '2026-01-02' and b = 2",
        "select url from clicks where day = '2026-01-01' or user_id in (select id from orders)",
        "select url from clicks where day = '2026-01-01' or false",
        "select url from clicks where day = '2026-01-01' or 1 = 0",
        "select url from clicks where not (day = '2026-01-01' or user_id = 3)",
        "select url from clicks where case when day = '2026-01-01' or user_id = 3 then true end",
        "select url from (select * from clicks where day = '2026-01-01' or user_id = 3) where day > '2026'",
        "select c.url from clicks c join orders o on c.day = o.day where c.day = '2026-01-01' or c.user_id = 3",
        "select url from clicks, orders where clicks.day = '2026-01-01' or user_id = 3",
        "select url from safe where day = '2026-01-01' or user_id = 3",
        "select url from clicks where any_match(tags, x -> x = 'a' or x = 'b') and day = '2026-01-01'",
        // A function is around another column, or around the value.
        "select url from clicks where day = date_format(now(), '%Y-%m-%d')",
        "select url from clicks where day >= cast(current_date - interval '7' day as varchar)",
        "select url from clicks where date(day) = current_date and day > '2026-01-01'",
        "select url from clicks where day || hour > '2026010100'",
        // The scan may stop early.
        "select * from clicks limit 10",
        "select * from (select * from orders limit 10) order by 1 limit 5",
        // All columns are read only where they come out, and where there are many.
        "select count(*) from (select * from orders)",
        "with x as (select * from orders) select id from x",
        "select * from orders_of_nobody",
        "select a.id from orders a where exists (select * from orders b where b.id = a.id)",
        // Each row is to meet each element.
        "select o.id, i.item from orders o cross join unnest(o.items) as i (item)",
        "select o.id from orders o cross join (select max(amount) as m from orders) x where o.amount = x.m",
        "select o.id from orders o, orders p where o.id = p.id and o.amount > 3",
        // Another catalog's tables, Iceberg's partitions, and statements that read nothing.
        "select url from mysql.web.clicks",
        "select * from trips",
        "delete from trips where day < '2026'",
        "optimize trips rewrite data using bin_pack",
        "explain select * from clicks",
        "show partitions clicks",
        "create view v as select * from clicks",
        // A result could not be reused anyway.
        "/* Username: a, query_id: 1, Job ID: 0b, Query Hash: 9, Scheduled: False */ select id from orders where d > now()",
        // It is not understood, so nothing is said of its tables.
        "select * from clicks match_recognize (pattern (a) define a as true)",
        "select * from clicks where a = 'x",
    ])
    func trapsWithoutHints(_ sql: String) {
        #expect(Self.hints(sql) == "")
    }

    private static func hints(_ sql: String) -> String {
        Hints(HintFixture.facts(sql)).best.map(\.kind.rawValue).joined(separator: " ")
    }
}
