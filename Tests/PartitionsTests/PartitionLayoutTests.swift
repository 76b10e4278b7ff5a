import Partitions
import Testing

@Suite struct PartitionLayoutTests {
    /// Table, values and folder in one line, nil when the key has another layout.
    private func told(_ template: String, _ key: String) throws -> String? {
        try PartitionLayout(template).match(key).map { match in
            let values = match.values.map { "\($0.column)=\($0.text)" }.joined(separator: " ")
            return "\(match.table ?? "-") \(values) \(match.folder)"
        }
    }

    @Test(arguments: [
        ("dt={yyyy}-{MM}-{dd}-{HH}", "alerts/dt=2017-08-26-14/a.json", "- dt=2017-08-26-14 alerts/dt=2017-08-26-14/"),
        ("year={}/month={}", "logs/year=2024/month=7/a/b", "- year=2024 month=7 logs/year=2024/month=7/"),
        ("Year={}", "Year=x/a", "- year=x Year=x/"),
        (
            "{table}/{yyyy}/{MM}/{dd}/{HH} -> dt={yyyy}-{MM}-{dd}-{HH}", "Cloudwatch/2017/08/26/14/deep/er/x.gz",
            "cloudwatch dt=2017-08-26-14 Cloudwatch/2017/08/26/14/"
        ),
        (
            "parquet/{table}/dt={yyyy}-{MM}-{dd}", "parquet/t/dt=2024-01-31/x",
            "t dt=2024-01-31 parquet/t/dt=2024-01-31/"
        ),
        (
            "AWSLogs/{account}/CloudTrail/{region}/{yyyy}/{MM}/{dd} -> account={account}, region={region}, day={yyyy}/{MM}/{dd}",
            "AWSLogs/1/CloudTrail/eu-west-1/2024/02/03/f.json.gz",
            "- account=1 region=eu-west-1 day=2024/02/03 AWSLogs/1/CloudTrail/eu-west-1/2024/02/03/"
        ),
        ("at={hour}h{}", "at=12h30/x", "- at=12h30 at=12h30/"),
        ("city={}", "city=S%C3%A3o%20Paulo%2/x", "- city=São Paulo%2 city=S%C3%A3o%20Paulo%2/"),
        ("city={}", "city=a'b/x", "- city=a'b city=a'b/"),
    ])
    func aKeyTellsItsPartition(_ template: String, _ key: String, _ expected: String) throws {
        #expect(try told(template, key) == expected)
    }

    @Test(arguments: [
        ("dt={yyyy}-{MM}-{dd}", "dt=2024-13-01/x"), ("dt={yyyy}-{MM}-{dd}", "dt=2024-1-01/x"),
        ("dt={yyyy}-{MM}-{dd}", "dt=2024-01-01-05/x"), ("dt={yyyy}-{MM}-{dd}", "dt=2024-01-01"),
        ("dt={yyyy}-{MM}-{dd}", "xdt=2024-01-01/x"), ("dt={}", "dt=/x"), ("dt={}", "x"), ("dt={}", ""),
        ("dt={yyyy}", "dt=+024/x"), ("dt={yyyy}", "dt=２０２４/x"),
        // The pattern is not looked for just anywhere when the table is in the key.
        ("{table}/{yyyy}/{MM}/{dd}/{HH} -> dt={yyyy}-{MM}-{dd}-{HH}", "2017/08/26/14/x"),
        ("parquet/{table}/dt={yyyy}", "dt=2024/x"), ("parquet/{table}/dt={yyyy}", "parquet/dt=2024/x"),
        ("{table}/dt={yyyy}", "/dt=2024/x"), ("{table}/dt={yyyy}", "a/b/dt=2024/x"),
    ])
    func anotherLayoutIsNotTaken(_ template: String, _ key: String) throws {
        #expect(try told(template, key) == nil)
    }

    @Test(arguments: [
        ("", "names no column"), ("logs/{yyyy}", "names no column"), ("dt={", "a '{' without its '}'"),
        ("dt=}", "a '}' without its '{'"), ("dt={a}{b}", "nothing tells where '{a}' ends"),
        ("dt={a b}", "'{a b}' is not a name of letters"), ("a={x}/b={x}", "a name comes twice"),
        ("a={}/A={}", "a name comes twice"), ("{yyyy} -> dt={MM}", "'{MM}' is not in the folders"),
        ("{yyyy} -> dt", "columns such as"), ("{yyyy} -> dt=", "names no column"), ("{x} ->", "names no column"),
    ])
    func aMistakeIsExplained(_ template: String, _ reason: String) {
        #expect {
            _ = try PartitionLayout(template)
        } throws: { error in
            (error as? PartitionLayout.Mistake)?.reason.contains(reason) == true
        }
    }

    @Test func theUsualLayoutsAreAllValid() {
        #expect(PartitionLayout.usual.map(\.tellsTable) == [true, true, true, false, false])
    }

    @Test(arguments: [
        ("parquet/t/dt=2017-08-26-14/x.parquet", "t"), ("alerts/dt=2017-08-26-14/x.json", "alerts"),
        ("carbonblack_binary/2017/08/26/14/x.gz", "carbonblack_binary"),
    ])
    func theUsualLayoutsTakeTheObjectsOfStreamAlert(_ key: String, _ table: String) {
        let match = PartitionLayout.match(key, in: PartitionLayout.usual, tellsTable: true)
        #expect(match?.table == table && match?.values == [PartitionValue(column: "dt", text: "2017-08-26-14")])
    }

    @Test(arguments: ["parquet/dt=2017-08-26-14/x.parquet", "parquet/2017/08/26/14/x.parquet"])
    func aFolderAboveTablesIsNoTable(_ key: String) throws {
        #expect(PartitionLayout.match(key, in: PartitionLayout.usual, tellsTable: true) == nil)
        // To who names the table, or has but the one layout, it is a folder as any other.
        let named = PartitionLayout.match(key, in: PartitionLayout.usual, tellsTable: false)
        #expect(named?.values == [PartitionValue(column: "dt", text: "2017-08-26-14")])
        let single = Array(PartitionLayout.usual[1...2])
        #expect(PartitionLayout.match(key, in: single, tellsTable: true)?.table == "parquet")
    }

    @Test func aFolderThatMayHaveAnyNameKeepsNoTableAway() throws {
        let layouts = try ["{region}/{table}/dt={}", "logs/{table}/n={}", "{table}/dt={}"].map {
            try PartitionLayout($0)
        }
        #expect(PartitionLayout.match("sales/dt=1/x", in: layouts, tellsTable: true)?.table == "sales")
        #expect(PartitionLayout.match("logs/dt=1/x", in: layouts, tellsTable: true) == nil)
    }
}
