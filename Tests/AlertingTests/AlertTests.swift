import Alerting
import Testing

@Suite struct AlertTests {
    private func query(_ bytes: Int64, _ change: (inout FinishedQuery) -> Void = { _ in }) -> FinishedQuery {
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: "6acb-1")
        var query = FinishedQuery(key: key, state: "SUCCEEDED", user: "ada", dataScanned: bytes)
        change(&query)
        return query
    }

    // MARK: - Targets

    @Test(arguments: [(9, []), (10, [.user]), (39, [.user]), (40, [.channel, .user])] as [(Int64, [AlertTarget])])
    func aTargetIsAlertedFromItsThresholdOn(_ bytes: Int64, _ targets: [AlertTarget]) {
        let policy = AlertPolicy(thresholds: .init(user: ByteSize(bytes: 10)))
        #expect(policy.targets(for: query(bytes)) == targets)
    }

    @Test func theChannelsThresholdMayBeTheLower() {
        let policy = AlertPolicy(thresholds: .init(user: ByteSize(bytes: 10), channel: ByteSize(bytes: 5)))
        #expect(policy.targets(for: query(5)) == [.channel])
    }

    // MARK: - Cost

    @Test(
        arguments: [
            (1 << 40, 5.0), (1, 5.0 * 10 / 1_048_576), (10 << 20, 5.0 * 10 / 1_048_576),
            ((10 << 20) + 1, 5.0 * 11 / 1_048_576),
        ] as [(Int64, Double)]
    )
    func bytesCountInWholeMegabytesAndTenAtLeast(_ bytes: Int64, _ dollars: Double) {
        #expect(Price(perTB: 5).cost(of: query(bytes)) == .billed(dollars: dollars))
    }

    @Test func aRegionHasItsPriceUnlessOneIsSet() {
        let query = query(1 << 40) { $0.region = "sa-east-1" }
        #expect(Price(perTB: nil).cost(of: query).dollars == 9)
        #expect(Price(perTB: 4).cost(of: query).dollars == 4)
        #expect(Price(perTB: nil).cost(of: self.query(1 << 40) { $0.region = "eu-west-1" }).dollars == 5)
    }

    @Test func aQueryThatIsNotBilledHasAReason() {
        let price = Price(perTB: 5)
        #expect(price.cost(of: query(1 << 40) { $0.state = "FAILED" }) == .free(.failed))
        #expect(price.cost(of: query(1 << 40) { $0.statementType = "DDL" }) == .free(.definition))
        #expect(price.cost(of: query(1 << 40), isReused: true) == .free(.reused))
        #expect(price.cost(of: query(1 << 40), isProvisioned: true) == .free(.provisioned))
        #expect(price.cost(of: query(0)) == .free(.nothingScanned))
    }

    @Test func aCancelledQueryCostsWhatItHadScanned() {
        #expect(Price(perTB: 5).cost(of: query(1 << 40) { $0.state = "CANCELLED" }).dollars == 5)
    }

    // MARK: - Words

    @Test(
        arguments: [
            (nil, "unknown"), (.billed(dollars: 1234.567), "$1,234.57"), (.billed(dollars: 0.0001), "less than $0.01"),
            (.free(.failed), "not billed (the query failed)"),
        ] as [(Cost?, String)]
    )
    func theCostIsSaidInWords(_ cost: Cost?, _ words: String) {
        #expect(AlertText(query(1) { $0.cost = cost }).cost == words)
    }

    @Test(
        arguments: [
            (0, "0.0 s"), (9_940, "9.9 s"), (41_000, "41 s"), (61_999, "1 min 1 s"), (10_920_000, "3 h 2 min"),
        ] as [(Int64, String)]
    )
    func theDurationIsSaidInWords(_ milliseconds: Int64, _ words: String) {
        #expect(AlertText(query(1) { $0.durationMilliseconds = milliseconds }).duration == words)
    }

    @Test func anEndWithoutSuccessIsSaidWithItsReason() {
        #expect(AlertText(query(1)).ending == nil)
        let cancelled = query(1) {
            $0.state = "CANCELLED"
            $0.stateChangeReason = "Bytes scanned limit was exceeded"
        }
        #expect(AlertText(cancelled).ending == "Cancelled: Bytes scanned limit was exceeded")
    }

    @Test(
        arguments: [
            (
                "eu-west-1",
                "https://eu-west-1.console.aws.amazon.com/athena/home?region=eu-west-1#/query-editor/history/6acb-1"
            ),
            (
                "us-gov-west-1",
                "https://console.amazonaws-us-gov.com/athena/home?region=us-gov-west-1#/query-editor/history/6acb-1"
            ),
            (
                "cn-north-1",
                "https://cn-north-1.console.amazonaws.cn/athena/home?region=cn-north-1#/query-editor/history/6acb-1"
            ),
            ("evil.example/?", nil),
        ] as [(String, String?)]
    )
    func theConsoleIsThatOfThePartition(_ region: String, _ url: String?) {
        #expect(AlertText(query(1) { $0.region = region }).consoleURL == url)
    }

    @Test func onlyTheStartOfTheSQLIsShown() {
        let text = AlertText(query(1) { $0.sql = "\n  select é from t" })
        #expect(text.sqlStart(characters: 8) == "select é…")
        #expect(text.sqlStart(characters: 100) == "select é from t")
        #expect(text.sqlStart(characters: 0) == nil)
    }
}
