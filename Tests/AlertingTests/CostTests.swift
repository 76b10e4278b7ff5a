import Alerting
import Testing

/// The cost of a query, and the words of an alert for it.
@Suite struct CostTests {
    private static let terabyte: Int64 = 1 << 40

    /// A way of billing, and the place where AWS states it.
    struct Rule: Sendable, CustomTestStringConvertible {
        let name: String
        let source: String
        var state: QueryState = .succeeded
        var statement = "DML"
        var scanned: Int64 = terabyte
        var billing = Price.Billing.bytes
        var catalog = "AwsDataCatalog"
        var reason: String?
        let words: String

        var testDescription: String { "\(name): \(source)" }
    }

    private static let priceList = "price list of Athena, attributes description and freeQueryTypes"
    private static let api = "API reference of Athena, QueryExecutionStatistics and EngineVersion"

    static let rules = [
        Rule(name: "SELECT, CTAS, INSERT, UNLOAD", source: priceList, words: "$5.00"),
        Rule(name: "at least 10 MB", source: priceList, scanned: 1, words: "less than $0.01"),
        Rule(name: "UPDATE, DELETE, MERGE", source: "user guide, querying-iceberg-updating", words: "$5.00"),
        Rule(name: "OPTIMIZE", source: "user guide, optimize-statement", words: "$5.00"),
        Rule(
            name: "cancelled by a person or by the workgroup's limit",
            source: priceList,
            state: .cancelled,
            reason: "Bytes scanned limit was exceeded",
            words: "$5.00 (billed although cancelled)"
        ),
        Rule(
            name: "cancelled before 10 MB",
            source: priceList,
            state: .cancelled,
            scanned: 1,
            words: "less than $0.01 (billed although cancelled)"
        ),
        Rule(
            name: "ended by Athena's time limit",
            source: "user guide of 2023, performance-tuning; not repeated since",
            state: .cancelled,
            reason: "Query timeout",
            words: "$5.00 (perhaps not billed: a time limit ended it)"
        ),
        Rule(name: "failed", source: priceList, state: .failed, words: "not billed (the query failed)"),
        Rule(name: "DDL", source: priceList, statement: "DDL", words: "not billed (DDL)"),
        Rule(
            name: "EXPLAIN",
            source: "user guide, athena-explain-statement",
            statement: "UTILITY",
            scanned: 0,
            words: "not billed (nothing was scanned)"
        ),
        Rule(
            name: "EXPLAIN ANALYZE",
            source: "user guide, athena-explain-statement",
            statement: "UTILITY",
            words: "$5.00"
        ),
        Rule(
            name: "reused result",
            source: api,
            scanned: 0,
            billing: .reusedResult,
            words: "not billed (an earlier result was reused)"
        ),
        Rule(
            name: "reserved capacity",
            source: "user guide, capacity-management",
            billing: .capacity,
            words: "not billed by bytes (provisioned capacity)"
        ),
        Rule(
            name: "reserved capacity, failed",
            source: "user guide, capacity-management",
            state: .failed,
            billing: .capacity,
            words: "not billed by bytes (provisioned capacity)"
        ),
        Rule(
            name: "Spark",
            source: "price list of Athena, usage type CodeExecutionInDPUHours",
            billing: .spark,
            words: "not billed by bytes (Spark, by the time of its DPUs)"
        ),
        Rule(
            name: "a connector by its function",
            source: "pricing page, federated queries",
            catalog: "lambda:mysql",
            words: "$5.00 (without the connector's Lambda function)"
        ),
        Rule(
            name: "a catalog that may be a connector's",
            source: "pricing page, federated queries",
            catalog: "mysql",
            words: "$5.00 (without Lambda, if mysql is a connector)"
        ),
        Rule(
            name: "a catalog of S3 Tables",
            source: "user guide, S3 Tables are read without a connector",
            catalog: "s3tablescatalog/sales",
            words: "$5.00"
        ),
        Rule(
            name: "a connector, cancelled",
            source: "pricing page, federated queries",
            state: .cancelled,
            catalog: "mysql",
            words: "$5.00 (billed although cancelled; without Lambda, if mysql is a connector)"
        ),
    ]

    private func query(_ bytes: Int64, region: String? = "eu-west-1") -> FinishedQuery {
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: "6acb-1")
        var query = FinishedQuery(key: key, state: .succeeded, user: "ada", dataScanned: bytes)
        query.region = region
        return query
    }

    private func words(_ cost: Cost?) -> String {
        var query = query(1)
        query.cost = cost
        return AlertText(query).cost
    }

    @Test(arguments: rules)
    func eachQueryIsBilledByItsRule(_ rule: Rule) {
        var query = query(rule.scanned)
        query.state = rule.state
        query.statementType = rule.statement
        query.catalog = rule.catalog
        query.stateChangeReason = rule.reason
        query.cost = Price(perTB: nil).cost(of: query, billedBy: rule.billing)
        #expect(AlertText(query).costWithReason == rule.words)
    }

    @Test(
        arguments: [
            (1 << 40, 5.0), (1, 5.0 * 10 / 1_048_576), (10 << 20, 5.0 * 10 / 1_048_576),
            ((10 << 20) + 1, 5.0 * 11 / 1_048_576),
        ] as [(Int64, Double)]
    )
    func bytesCountInWholeMegabytesAndTenAtLeast(_ bytes: Int64, _ dollars: Double) {
        #expect(Price(perTB: 5).cost(of: query(bytes)) == .billed(Money(dollars, .dollars)))
    }

    @Test(
        arguments: [
            ("us-east-1", "$5.00"), ("sa-east-1", "$9.00"), ("us-gov-west-1", "$5.00"),
            ("ap-southeast-2", "about $5.75"),
            ("mx-central-1", "about $5.00"), ("xx-new-1", "about $5.00"), (nil, "about $5.00"),
            ("cn-northwest-1", "¥34.34"), ("cn-north-1", "about ¥34.34"), ("cn-new-1", "about ¥34.34"),
        ] as [(String?, String)]
    )
    func aCostIsExactWhereTheRegionsPriceIsKnown(_ region: String?, _ cost: String) {
        #expect(words(Price(perTB: nil).cost(of: query(Self.terabyte, region: region))) == cost)
    }

    @Test(
        arguments: [
            (nil, ["mx-central-1": 6], "mx-central-1", "$6.00"), (4, ["mx-central-1": 6], "mx-central-1", "$6.00"),
            (4, ["mx-central-1": 6], "sa-east-1", "$4.00"), (4, [:], nil, "$4.00"), (4, [:], "cn-north-1", "$4.00"),
            (nil, ["cn-north-1": 30], "cn-north-1", "¥30.00"),
        ] as [(Double?, [String: Double], String?, String)]
    )
    func theSettingsPriceWins(_ perTB: Double?, _ prices: [String: Double], _ region: String?, _ cost: String) {
        let price = Price(perTB: perTB, regional: prices)
        #expect(words(price.cost(of: query(Self.terabyte, region: region))) == cost)
    }

    @Test(
        arguments: [
            (nil, "unknown"), (.billed(Money(1234.567, .dollars)), "$1,234.57"),
            (.billed(Money(0.0001, .dollars), isEstimate: true), "less than $0.01"),
            (.billed(Money(0.0001, .yuan)), "less than ¥0.01"), (.free(.failed), "not billed"),
        ] as [(Cost?, String)]
    )
    func theCostIsSaidInWords(_ cost: Cost?, _ text: String) {
        #expect(words(cost) == text)
    }

    @Test func thePricesAreDatedAndPlausible() {
        for (region, published) in PublishedPrice.table {
            #expect(published.price.currency == Money.Currency(ofRegion: region))
            #expect((1...100).contains(published.price.amount))
            #expect(published.date.wholeMatch(of: /20\d\d-\d\d-\d\d/) != nil)
            #expect(published.source != .otherRegions || published.certainty == .fallback)
        }
    }
}
