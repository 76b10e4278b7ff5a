import Querying
import Testing

@Suite struct StatementShapeTests {
    /// The facts about a statement in the words of its lines, joined with `|`.
    private static func told(_ sql: String, views: [TableName: View] = [:]) -> String {
        do {
            return try StatementShape(sql, views: views).lines.joined(separator: " | ")
        } catch {
            return "? " + error.reason
        }
    }

    @Test(arguments: [
        ("select 1", "query"),
        ("select a from t", "query | reads t"),
        ("SELECT * FROM Web.\"Clicks\"", "query | reads web.clicks: all columns"),
        ("select c.* from a.b.c", "query | reads a.b.c: all columns"),
        (
            "select t.* from t join u on t.id = u.id",
            "query | reads t: all columns; conditions on id | reads u: conditions on id"
        ),
        ("select count(*) from t", "query | reads t"),
        ("select a from t where day = '2026-01-01' and x > 3;", "query | reads t: conditions on day, x"),
        (
            "select a from t where '2026' < t.day or not (hour between 1 and 2)",
            "query | reads t: conditions on day, hour"
        ),
        (
            "select a from t where date(day) = current_date - interval '1' day and cast(h as int) in (1, 2)",
            "query | reads t: conditions on date(day), cast(h)"
        ),
        (
            "select a from t where day || hour >= '2026' and concat(y, m) = 'x' and -z = 3",
            "query | reads t: conditions on (day), (hour), concat(y), concat(m), (z)"
        ),
        (
            "select a from t where (year, month) in (('2026', '01'))",
            "query | reads t: conditions on (year), (month)"
        ),
        ("select a from t where case when day = '1' then 1 else 2 end = 1", "query | reads t: conditions on (day)"),
        ("select a from t where day like '2026-%' and x is not null", "query | reads t: conditions on day, x"),
        ("select a from t where x is not distinct from y", "query | reads t: conditions on x, y"),
        (
            "select a from t where extract(year from ts) = 2026 and trim(both ' ' from b) = ''",
            "query | reads t: conditions on extract(ts), trim(b)"
        ),
        (
            "select a from t where any_match(tags, x -> x = 'a') and reduce(v, 0, (s, x) -> s + x, s -> s) > 1",
            "query | reads t: conditions on any_match(tags), reduce(v)"
        ),
        (
            "select a from t where ts at time zone 'UTC' > timestamp '2026-01-01 00:00:00'",
            "query | reads t: conditions on (ts)"
        ),
        ("select a from t where event.user.id = 7 and m['k'] = 'v'", "query | reads t: conditions on (event)?, (m)"),
        ("select a from db.t where db.t.day = '1'", "query | reads db.t: conditions on day"),
        ("select a from t where day = ?", "query | reads t: conditions on day"),
        ("select a from t where day = date_format(now(), '%Y-%m-%d')", "query | reads t: conditions on day"),
    ])
    func readsTablesAndConditions(_ sql: String, _ expected: String) {
        #expect(Self.told(sql) == expected)
    }

    @Test(arguments: [
        (
            "select * from t, u where t.id = u.id",
            "query | reads t: all columns; conditions on id "
                + "| reads u: all columns; conditions on id"
        ),
        ("select a from t cross join u", "query | reads t | reads u | joins t and u without a condition"),
        (
            "select a from t, u where t.x = 1",
            "query | reads t: conditions on x | reads u "
                + "| joins t and u without a condition"
        ),
        ("select a from t, u where x = y", "query | reads t: conditions on x?, y? | reads u: conditions on x?, y?"),
        ("select a from t join u on true", "query | reads t | reads u | joins t and u without a condition"),
        (
            "select a from t left outer join u using (id, day)",
            "query | reads t: conditions on id?, day? | reads u: conditions on id?, day?"
        ),
        (
            "select a from t natural join u",
            "query | reads t: other conditions that may be on it | reads u: other conditions that may be on it"
        ),
        (
            "select a from t cross join unnest(items) as x (item) where item = 1 and day = '1'",
            "query | reads t: conditions on day"
        ),
        (
            "select a from t, (select max(day) as d from u) m where t.day = m.d",
            "query | reads t: conditions on day | reads u: conditions on (day)"
        ),
        (
            "select a from (t join u on t.i = u.i) where t.day = '1'",
            "query | reads t: conditions on i, day | reads u: conditions on i"
        ),
        (
            "select a from t, lateral (select b from u where u.i = t.i) x",
            "query | reads t: conditions on i | reads u: conditions on i, (t)?"
        ),
        (
            "select a from t where day in (select d from u where u.k = t.k)",
            "query | reads t: conditions on day, k | reads u: conditions on k, (t)?"
        ),
        (
            "select a, (select max(x) from u where u.id = o.id) from t o",
            "query | reads u: conditions on id, (o)? | reads t: conditions on id"
        ),
        ("select a from t tablesample bernoulli (10) where day = '1'", "query | reads t: conditions on day"),
        (
            "select a from t for timestamp as of timestamp '2026-01-01' as x where x.day = '1'",
            "query | reads t: conditions on day"
        ),
    ])
    func readsJoins(_ sql: String, _ expected: String) {
        #expect(Self.told(sql) == expected)
    }

    @Test(arguments: [
        (
            "with x as (select * from t) select * from x where day = '1'",
            "query | reads t: all columns; conditions on day"
        ),
        ("with x as (select * from t) select a from x where day = '1'", "query | reads t: conditions on day"),
        (
            "with x as (select day as d, a from t) select a from x where d = '1' and day = '2'",
            "query | reads t: conditions on day"
        ),
        (
            "with x (d) as (select day from t), y as (select * from x) select * from y where y.d = '1'",
            "query | reads t: conditions on day"
        ),
        (
            "with x as (select date(day) as d from t) select d from x where d = current_date",
            "query | reads t: conditions on (day)"
        ),
        (
            "select a from (select a, b from t union all select a, c from u) where b = 1",
            "query | reads t: conditions on b | reads u: conditions on c"
        ),
        (
            "select a from (select * from t union all select * from u) where b = 1",
            "query | reads t: other conditions that may be on it | reads u: other conditions that may be on it"
        ),
        ("with t as (select 1 as a) select a from t where a = 1", "query"),
        ("with t as (values (1, 2)) select * from t", "query"),
        ("select a from t as x (p, q) where p = 1", "query | reads t: other conditions that may be on it"),
        (
            "with x as (select * from t), x2 as (with t as (select * from u) select * from t) select a from x, x2",
            "query | reads t | reads u"
        ),
        (
            "select a from ((select a from t) union (select a from u)) x where x.a = 1",
            "query | reads t: conditions on a | reads u: conditions on a"
        ),
    ])
    func followsColumnsThroughQueries(_ sql: String, _ expected: String) {
        #expect(Self.told(sql) == expected)
    }

    @Test(arguments: [
        ("select * from t limit 10", "query | reads t: all columns | limits its rows as they are read"),
        ("select a from t order by a limit 10", "query | reads t | limits its rows after ORDER BY"),
        ("select a, count(*) from t group by a limit 10", "query | reads t | limits its rows after the aggregation"),
        ("select distinct a from t limit 10", "query | reads t | limits its rows after DISTINCT"),
        (
            "select a, sum(b) over (partition by c) from t limit 10",
            "query | reads t | limits its rows after the window function"
        ),
        (
            "select a from (select a from t limit 10) order by a limit 5",
            "query | reads t | limits its rows as they are read"
        ),
        (
            "select a from t order by a offset 3 fetch first 10 rows only",
            "query | reads t | limits its rows after ORDER BY"
        ),
        ("select a from t limit all", "query | reads t"),
        ("select max(limit) from t where limit > 3", "query | reads t: conditions on limit"),
        ("select count(distinct a) from t", "query | reads t | counts distinct values exactly"),
        ("select approx_distinct(a) from t", "query | reads t"),
    ])
    func readsLimitsAndCounts(_ sql: String, _ expected: String) {
        #expect(Self.told(sql) == expected)
    }

    @Test(arguments: [
        ("insert into a.b (x, y) select x, y from t where d = 1", "insert a.b | reads t: conditions on d"),
        (
            "create table a.b with (format = 'PARQUET', partitioned_by = array['d']) as select * from t",
            "create table as a.b | reads t"
        ),
        ("create table if not exists b as select * from t with no data", "create table as b | reads t"),
        (
            "unload (select * from t where d = 1) to 's3://b/' with (format = 'PARQUET')",
            "unload | reads t: conditions on d"
        ),
        (
            "merge into a using (select * from b where d = 1) s on a.id = s.id when matched then update set x = s.x",
            "merge a | reads a: conditions on id | reads b: conditions on d, id"
        ),
        ("update t set a = 1, b = b + 1 where day = '1'", "update t | reads t: conditions on day"),
        ("delete from t where day < '1'", "delete t | reads t: conditions on day"),
        ("optimize t rewrite data using bin_pack where day = '1'", "optimize t | reads t: conditions on day"),
        ("vacuum t", "vacuum t"),
        ("explain analyze select a from t", "query | reads t"),
        ("explain select a from t", "definition"),
        ("create external table t (a struct<x:int>) location 's3://b/'", "definition"),
        ("create or replace view v as select * from t", "definition"),
        ("alter table t add partition (d = '1')", "definition"),
        ("msck repair table `t`", "definition"), ("show partitions t", "definition"),
    ])
    func tellsStatementsApart(_ sql: String, _ expected: String) {
        #expect(Self.told(sql) == expected)
    }

    @Test(arguments: [
        ("", "? there is no statement at the end"),
        ("execute p using 1", "? 'execute' begins no statement that is known"),
        ("select a from t match_recognize (pattern (a))", "? "), ("select a from table(f(1))", "? "),
        ("with recursive x as (select 1) select * from x", "? a recursive query"),
        ("select a from t where a = 'x", "? a character is not understood"),
        ("select a from t where a = 'x' & b", "? "), ("select a from t; select b from u", "? "),
        ("select a from f(1)", "? a table function"), ("select a b c from t", "? "), ("select * from", "? "),
        ("select x.* from t", "? a * stands for the columns of no table"), ("select a from t where", "? "),
    ])
    func refusesWhatItDoesNotUnderstand(_ sql: String, _ beginning: String) {
        #expect(Self.told(sql).hasPrefix(beginning))
    }

    @Test func readsViewsAsIfTheirTextStoodThere() {
        let views = [
            TableName(table: "v"): View(sql: "select day as d, a from clicks where a > 1", database: "web"),
            TableName(database: "web", table: "clicks"): View(sql: "select * from raw", database: "lake"),
        ]
        let told = Self.told("select * from v where v.d = '1'", views: views)
        #expect(told == "query | reads lake.raw: conditions on a, day")
    }

    @Test func refusesToReadForLong() {
        let deep = String(repeating: "(", count: 100_000)
        #expect(Self.told("select " + deep).hasPrefix("? it is nested too deep"))
        let all = (1...12_000).map { "x\($0) as (select * from x\($0 - 1), x\($0 - 1) y)" }.joined(separator: ", ")
        _ = Self.told("with x0 as (select * from t), \(all) select * from x12000")
        let sum = (0..<2000).map { "b\($0)" }.joined(separator: " + ")
        let derived = "from (select \(sum) as s from t) d"
        for sql in [
            "select \(Array(repeating: "s", count: 100_000).joined(separator: " + ")) \(derived)",
            "select s \(derived) where \(Array(repeating: "s = 1", count: 25_000).joined(separator: " and "))",
            "select 1 from t " + (0..<15_000).map { "natural join t\($0)" }.joined(separator: " "),
        ] {
            #expect(Self.told(sql).hasPrefix("? its queries pass on too many columns"))
        }
    }
}
