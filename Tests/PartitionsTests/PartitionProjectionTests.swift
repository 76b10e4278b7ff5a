import Partitions
import Testing

@Suite struct PartitionProjectionTests {
    private func statement(_ template: String, location: String = "s3://b/t/") throws -> String {
        try PartitionProjection(PartitionLayout(template), table: "t", location: location).statement
    }

    @Test func aDateIsProjectedUpToNow() throws {
        let expected = """
            -- dt: let its range begin when the data do; NOW is in UTC
            ALTER TABLE `t` SET TBLPROPERTIES (
              'projection.enabled' = 'true',
              'projection.dt.type' = 'date',
              'projection.dt.format' = 'yyyy-MM-dd-HH',
              'projection.dt.range' = 'NOW-3YEARS,NOW',
              'projection.dt.interval' = '1',
              'projection.dt.interval.unit' = 'HOURS',
              'storage.location.template' = 's3://b/t/dt=${dt}/'
            );

            """
        #expect(try statement("dt={yyyy}-{MM}-{dd}-{HH}") == expected)
    }

    @Test func foldersWithoutNamesGiveTheDateTheirOwnForm() throws {
        let said = try statement("{table}/{yyyy}/{MM}/{dd} -> day={yyyy}-{MM}-{dd}", location: "s3://b/")
        #expect(said.contains("-- day: its values are then written as in the key, yyyy/MM/dd\n"))
        #expect(said.contains("'projection.day.format' = 'yyyy/MM/dd'"))
        #expect(said.contains("'projection.day.interval.unit' = 'DAYS'"))
        #expect(said.contains("'storage.location.template' = 's3://b/t/${day}/'"))
    }

    @Test func partsOfADateByThemselvesAreNumbers() throws {
        let said = try statement("year={yyyy}/month={MM}")
        #expect(
            said.contains("'projection.year.range' = '2000,2099'") && said.contains("'projection.year.digits' = '4'")
        )
        #expect(said.contains("'projection.month.range' = '1,12'") && said.contains("'projection.month.digits' = '2'"))
        #expect(said.contains("'s3://b/t/year=${year}/month=${month}/'"))
    }

    @Test func whatCanBeAnythingIsInjected() throws {
        let said = try statement("region={}/dt={yyyy}-{MM}-{dd}")
        #expect(said.contains("'projection.region.type' = 'injected'") && said.contains("-- region: every query must"))
        #expect(said.contains("'s3://b/t/region=${region}/dt=${dt}/'"))
    }

    @Test(arguments: [
        ("{account}/{yyyy}/{MM} -> dt={yyyy}-{MM}", "'{account}' is in no column"),
        ("{}/dt={yyyy}-{MM}", "'{}' is in no column"),
        ("{yyyy}/{x}/{MM} -> dt={yyyy}-{MM}, x={x}", "not together in the key"),
        ("{MM}/{yyyy} -> dt={yyyy}-{MM}", "not together in the key"), ("it's/dt={}", "a quotation mark"),
    ])
    func whatCannotBeProjectedIsSaid(_ template: String, _ reason: String) {
        #expect {
            _ = try statement(template)
        } throws: { error in
            (error as? PartitionLayout.Mistake)?.reason.contains(reason) == true
        }
    }
}
