import Alerting
import CloudTrail
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
        let policy = AlertPolicy(thresholds: .init(user: .size(ByteSize(bytes: 10))))
        #expect(policy.targets(for: query(bytes)) == targets)
    }

    @Test func theChannelsThresholdMayBeTheLower() {
        let policy = AlertPolicy(
            thresholds: .init(user: .size(ByteSize(bytes: 10)), channel: .size(ByteSize(bytes: 5)))
        )
        #expect(policy.targets(for: query(5)) == [.channel])
    }

    @Test(
        arguments: [
            (.billed(Money(4.99, .dollars)), []), (.billed(Money(5, .dollars)), [.user]),
            (.billed(Money(5, .dollars), isEstimate: true), [.user]),
            (.billed(Money(20, .dollars)), [.channel, .user]),
            (.billed(Money(20, .yuan)), []), (.free(.provisioned), []), (.free(.failed), []), (nil, []),
        ] as [(Cost?, [AlertTarget])]
    )
    func aThresholdMayBeACost(_ cost: Cost?, _ targets: [AlertTarget]) {
        let policy = AlertPolicy(thresholds: .init(user: Threshold("$5")))
        #expect(policy.targets(for: query(1 << 50) { $0.cost = cost }) == targets)
    }

    @Test func noQueryReachesNever() {
        let policy = AlertPolicy(thresholds: .init(user: .never, channel: .never))
        #expect(policy.targets(for: query(.max) { $0.cost = .billed(Money(1e9, .dollars)) }) == [])
    }

    // MARK: - Words

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

    @Test(
        arguments: [
            ("ada@example.com", .billed(Money(3.13, .dollars)), "ada@example.com scanned 500.5 GiB for $3.13"),
            ("ada", .billed(Money(3.13, .yuan), isEstimate: true), "ada scanned 500.5 GiB for about ¥3.13"),
            ("ada", .billed(Money(0, .dollars)), "ada scanned 500.5 GiB for less than $0.01"),
            ("etl", .free(.failed), "etl scanned 500.5 GiB, not billed"),
            ("etl", .free(.provisioned), "etl scanned 500.5 GiB, not billed by bytes"),
            ("ada", nil, "ada scanned 500.5 GiB, cost unknown"),
            (
                "a.very.long.name.indeed@subsidiary.example.com", .billed(Money(1234.5, .dollars), isEstimate: true),
                "a.very.long.name.inde… scanned 500.5 GiB for about $1,234.50"
            ),
        ] as [(String, Cost?, String)]
    )
    func aHeadlineSaysWhoHowMuchAndWhichMoney(_ user: String, _ cost: Cost?, _ headline: String) {
        let text = AlertText(
            query(537_407_782_912) {
                $0.user = user
                $0.cost = cost
            }
        )
        #expect(text.headline(for: .others) == headline && headline.count <= 60)
        #expect(
            text.headline(for: .runner) == "You"
                + headline[(headline.firstRange(of: " scanned")?.lowerBound ?? headline.startIndex)...]
        )
    }

    @Test func aTemplateShowsWhatTheAlertShows() throws {
        let template = try MessageTemplate("{person}, {tool}, {started_at}, {duration}, {cost}")
        let full = query(1) {
            $0.userType = .person
            $0.userSource = .sessionName
            $0.tool = "dbt"
            $0.submissionTimestamp = "2019-01-17 11:57:29"
            $0.durationMilliseconds = 61_999
            $0.cost = .billed(Money(2, .dollars), isEstimate: true)
        }
        let rendered = [full, query(1)].map { query in
            template.rendered(value: { AlertText(query).value(of: $0, slackUserID: nil) }, escape: \.self)
        }
        #expect(rendered[0] == "ada (by session name), dbt, 2019-01-17 11:57:29 UTC, 1 min 1 s, about $2.00")
        #expect(rendered[1] == "ada, unknown, 2019-01-17 11:57:30 UTC, unknown, unknown")
    }

    @Test func onlyTheStartOfTheSQLIsShown() {
        let text = AlertText(query(1) { $0.sql = "\n  select é from t" })
        #expect(text.sqlStart(characters: 8, as: .full) == "select é…")
        #expect(text.sqlStart(characters: 100, as: .full) == "select é from t")
        #expect(text.sqlStart(characters: 0, as: .full) == nil)
        #expect(text.sqlStart(characters: 100, as: .none) == nil)
    }

    @Test func theSQLIsMaskedBeforeItIsCut() {
        let text = AlertText(query(1) { $0.sql = "/* ada */ select 'a long secret', 1 from t" })
        #expect(text.sqlStart(characters: 10, as: .masked) == "select ?, …")
        #expect(text.sqlStart(characters: 100, as: .masked) == "select ?, ? from t")
        #expect(AlertText(query(1) { $0.sql = "-- ada" }).sqlStart(characters: 9, as: .masked) == nil)
        let cut = query(1) {
            $0.sql = "select 'a lo"
            $0.isSQLCut = true
        }
        #expect(AlertText(cut).sqlStart(characters: 100, as: .masked) == "select …")
    }
}
