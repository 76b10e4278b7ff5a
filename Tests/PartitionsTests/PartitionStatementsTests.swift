import Partitions
import Testing

@Suite struct PartitionStatementsTests {
    private func partition(_ text: String, column: String = "dt") -> Partition {
        Partition(
            table: "t",
            values: [PartitionValue(column: column, text: text)],
            location: "s3://b/t/\(column)=\(text)/"
        )
    }

    private func add(
        _ texts: [String],
        to table: String = "t",
        numbers: Set<String> = [],
        limit: Int = PartitionStatements.maximumLength
    ) -> [PartitionStatements.Statement] {
        let partitions = texts.enumerated().map { (place: $0.offset, partition: partition($0.element)) }
        return PartitionStatements.add(partitions, to: table, numbers: numbers, limit: limit)
    }

    @Test func partitionsOfATableShareAStatement() {
        let sql = """
            ALTER TABLE `t` ADD IF NOT EXISTS
              PARTITION (`dt` = '2024-01-01') LOCATION 's3://b/t/dt=2024-01-01/'
              PARTITION (`dt` = '2024-01-02') LOCATION 's3://b/t/dt=2024-01-02/'
            """
        #expect(add(["2024-01-01", "2024-01-02"]) == [.init(sql: sql, places: [0, 1])])
    }

    @Test func namesAreQuotedAndNumbersAreNot() {
        #expect(PartitionStatements.repair("a`b-c") == "MSCK REPAIR TABLE `a``b-c`")
        let sql = add(["7"], to: "select", numbers: ["dt"]).first?.sql
        #expect(sql == "ALTER TABLE `select` ADD IF NOT EXISTS\n  PARTITION (`dt` = 7) LOCATION 's3://b/t/dt=7/'")
    }

    @Test(arguments: ["x') LOCATION 's3://evil/", "a\\", "a\nb", "a\u{7F}"])
    func whatMightEndATextEarlyIsNotSaid(_ text: String) {
        let statements = add(["1", text, "2"])
        #expect(statements.map(\.places) == [[0, 2]])
        #expect(!statements.contains { $0.sql.contains(text) })
    }

    @Test func whatIsNoNumberIsNotSaidOfANumericColumn() {
        #expect(add(["1; DROP TABLE t", "", "-1", "1"], numbers: ["dt"]).map(\.places) == [[3]])
    }

    @Test func noStatementIsTooLong() {
        let texts = (0..<5000).map { "\($0)-" + String(repeating: "ä", count: 60) }
        let statements = add(texts)
        #expect(statements.count > 1 && statements.flatMap(\.places) == Array(0..<5000))
        #expect(statements.allSatisfy { $0.sql.utf8.count < PartitionStatements.maximumLength })
        #expect(statements.dropLast().allSatisfy { $0.sql.utf8.count > PartitionStatements.maximumLength - 400 })
        #expect(add(["1"], limit: 20).isEmpty)
    }

    @Test func valuesComeInTheOrderOfTheTable() {
        let values = [PartitionValue(column: "a", text: "1"), PartitionValue(column: "b", text: "2")]
        let partition = Partition(table: "t", values: values, location: "s3://b/")
        #expect(partition.values(in: ["b", "a"]) == ["2", "1"])
        #expect(partition.values(in: ["a"]) == nil && partition.values(in: ["a", "c"]) == nil)
    }
}
