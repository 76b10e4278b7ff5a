import Alerting
import CloudTrail
import JSON
import LambdaRuntime
import Reporting
import Settings
import Slack
import Testing
import Time

@testable import AWS
@testable import Alerter

@Suite struct PersonalSenderTests {
    /// Slack in memory.
    private final class FakeSlack: PersonalNotifier {
        var told: [String] = []
        var asked: [String] = []
        var texts: [String] = []
        var failures: [String: NotifierError] = [:]
        var strangers: Set<String> = []

        func deliver(
            _ message: SlackMessage,
            toPersonOf query: FinishedQuery,
            under outcome: RuleOutcome,
            before deadline: Deadline
        ) throws(NotifierError) -> Delivery {
            asked.append(query.user)
            if let failure = failures[query.user] { throw failure }
            if strangers.contains(query.user) { return .skipped(.unknownPerson) }
            told.append(query.user)
            texts.append(message.text)
            return .delivered()
        }
    }

    /// The ledger in memory.
    private final class FakeLedger: SummaryRecords {
        var claimed: Set<QueryKey> = []
        var done: Set<QueryKey> = []
        var failure: AWSError?

        func claim(
            _ alerts: [String],
            of key: QueryKey,
            until end: Timestamp,
            before deadline: Deadline
        ) throws(AWSError) -> [AlertLedger.Claim] {
            alerts.map { _ in
                if done.contains(key) { return .alreadyAlerted(at: "then") }
                return claimed.insert(key).inserted ? .granted(token: "1") : .held
            }
        }

        func record(_ alert: String, of key: QueryKey, at time: AttributeValue, before deadline: Deadline)
            throws(AWSError)
        {
            if let failure { throw failure }
            done.insert(key)
        }

        func show(_ times: [String: AttributeValue], on key: QueryKey, before deadline: Deadline) {}

        func release(_ alert: String, of key: QueryKey, token: AttributeValue, before deadline: Deadline) {
            claimed.remove(key)
        }

        func recorded(
            _ alert: String,
            in partition: String,
            before deadline: Deadline
        ) throws(AWSError) -> Set<String> {
            Set(done.filter { $0.startDate == partition }.map(\.startKey))
        }
    }

    private let slack = FakeSlack()
    private let ledger: FakeLedger
    private let sending: OneTimeSending
    private let metrics = Metrics()

    init() {
        ledger = FakeLedger()
        sending = OneTimeSending(ledger)
    }

    private func report(_ names: [String], month: String = "2026-11") throws -> Report {
        var builder = ReportBuilder(try #require(Period(.month, named: month)))
        for (number, name) in names.enumerated() {
            let key = QueryKey(
                startDate: "\(month)-03",
                startTimestamp: "\(month)-03 10:00:00",
                executionID: "\(number)"
            )
            var query = FinishedQuery(key: key, state: .succeeded, user: name, dataScanned: 1 << 40)
            query.userType = .person
            query.region = "eu-west-1"
            query.workgroup = "<!here>"
            query.cost = .billed(Money(Double(number + 1), .dollars))
            builder.add(HistoryLine(query, sql: .full))
        }
        return builder.report(lastDay: "\(month)-30")
    }

    /// Sends on a day on which the turns of Ada, Grace and Lin are in this order.
    private func send(
        _ report: Report,
        settings: String = "{}",
        on day: String = "2026-12-02",
        time: Duration = .seconds(60)
    ) throws -> Set<String> {
        var alerter = AlerterSystem()
        try Section(file: settings.utf8).read { name, value throws(SettingsError) in try alerter.read(name, value) }
        var sender = PersonalSender(settings: alerter.settings, notifier: slack, sending: sending)
        sender.now = Timestamp(dateAndTime: "\(day) 03:00:00")
        return sender.send(report, context(metrics), before: .after(time))
    }

    /// The counts of the people, which must add up.
    private var counts: [String] {
        let names = ["PeopleTold", "PeopleDoneBefore", "PeopleSkipped", "PeopleNotTold", "PeopleLeft"]
        #expect(names.reduce(0) { $0 + metrics[$1] } == metrics["PeopleToTell"])
        return names.compactMap { metrics[$0] > 0 ? "\($0) \(metrics[$0])" : nil }
    }

    @Test func eachPersonIsToldOnce() throws {
        let report = try report(["ada", "grace"])
        #expect(try send(report).isEmpty)
        #expect(try send(report).isEmpty)
        #expect(slack.told == ["ada", "grace"])
        #expect(counts == ["PeopleTold 2", "PeopleDoneBefore 2"])
        #expect(try send(self.report(["ada"], month: "2026-12")).isEmpty)
        #expect(slack.told == ["ada", "grace", "ada"])
    }

    @Test func theMessageHasTheirOwnSumsAndNoMarkupOfOthers() throws {
        _ = try send(report(["ada"]))
        #expect(
            slack.texts == [
                """
                Your Athena queries in 2026-11: $1.00
                1 query; 1.0 TiB scanned
                The dearest query: $1.00, started at 2026-11-03 10:00:00 UTC, in the workgroup &lt;!here&gt;
                """
            ]
        )
    }

    @Test func whoIsNotOnSlackIsLookedUpOnce() throws {
        slack.strangers = ["ada"]
        for _ in 0..<2 { #expect(try send(report(["ada", "grace"])).isEmpty) }
        #expect(slack.asked == ["ada", "grace"])
        #expect(counts == ["PeopleTold 1", "PeopleDoneBefore 2", "PeopleSkipped 1"])
    }

    @Test func aRunWithoutTimeLeavesPeopleToTheNext() throws {
        #expect(try send(report(["ada", "grace"]), time: .seconds(4)).isEmpty)
        #expect(slack.asked.isEmpty)
        #expect(counts == ["PeopleLeft 2"])
        #expect(try send(report(["ada", "grace"])).isEmpty)
        #expect(slack.told == ["ada", "grace"])
    }

    @Test func aBusySlackEndsTheRunAndTheNextGoesOnWhereItStopped() throws {
        slack.failures = ["grace": .busy("later")]
        let report = try report(["ada", "grace", "lin"])
        #expect(try send(report).isEmpty)
        #expect(slack.asked == ["ada", "grace"])
        #expect(counts == ["PeopleTold 1", "PeopleLeft 2"])
        slack.failures = [:]
        #expect(try send(report).isEmpty)
        #expect(slack.told == ["ada", "grace", "lin"])
    }

    @Test func aFailureHarmsOnlyItsPerson() throws {
        slack.failures = ["ada": .notDelivered("Slack refused: x")]
        let report = try report(["ada", "grace"])
        #expect(try send(report) == ["the alert was not delivered: Slack refused: x"])
        #expect(slack.told == ["grace"])
        slack.failures = [:]
        #expect(try send(report).isEmpty)
        #expect(slack.told == ["grace", "ada"])
    }

    @Test func anUnclearAnswerKeepsTheClaimUntilItEnds() throws {
        slack.failures = ["ada": .unclear("HTTP 500")]
        #expect(try send(report(["ada"])).count == 1)
        slack.failures = [:]
        #expect(try send(report(["ada"])).isEmpty)
        #expect(slack.told.isEmpty)
        #expect(counts == ["PeopleNotTold 1", "PeopleLeft 1"])
    }

    @Test func aRecordThatFailsIsWrittenByTheNextInvocation() throws {
        ledger.failure = unavailable
        #expect(try send(report(["ada"])).count == 1)
        #expect(counts == ["PeopleNotTold 1"])
        // The claim has ended, and the table still takes no record.
        ledger.claimed = []
        sending.makeOwedRecords(context().log, before: .after(.seconds(1)))
        #expect(try send(report(["ada"])).isEmpty)
        ledger.failure = nil
        sending.makeOwedRecords(context().log, before: .after(.seconds(1)))
        #expect(ledger.done.map(\.startKey) == ["#ada"])
        #expect(try send(report(["ada"])).isEmpty)
        #expect(slack.told == ["ada"])
    }

    @Test func peopleWhomSlackRefusesKeepNobodyFromHearingForLong() throws {
        let refused = (0..<5).map { "a\($0)" }
        for name in refused { slack.failures[name] = .notDelivered("Slack refused: x") }
        let others = (10..<30).map { "user\($0)" }
        let report = try report(refused + others)
        for day in 1...3 { _ = try send(report, on: "2026-12-0\(day)") }
        #expect(Set(slack.told) == Set(others))
    }

    @Test func failuresInARowEndTheRun() throws {
        let names = (10..<40).map { "user\($0)" }
        for name in names { slack.failures[name] = .notDelivered("Slack refused: invalid_auth") }
        #expect(try send(report(names)).count == 1)
        #expect(slack.asked.count == 5)
        #expect(counts == ["PeopleNotTold 5", "PeopleLeft 25"])
    }

    @Test(
        arguments: [
            (#"{"match": {"user": "ada"}, "notify": false}"#, false),
            (#"{"match": {"user_type": "person"}, "notify": "boss@example.com"}"#, false),
            (#"{"match": {"user": "a*"}, "ignore": true}"#, false),
            (#"{"match": {"user": "grace"}, "notify": false}"#, true),
            (#"{"match": {"workgroup": "*"}, "notify": false}"#, true),
            (##"{"match": {"user": "ada"}, "channel": "#data"}"##, true),
        ]
    )
    func aRuleAboutThePersonKeepsTheMessageBack(_ rule: String, _ isTold: Bool) throws {
        _ = try send(report(["ada"]), settings: "{\"rules\": [\(rule)]}")
        #expect(slack.told == (isTold ? ["ada"] : []))
        #expect(counts == [isTold ? "PeopleTold 1" : "PeopleSkipped 1"])
    }

    @Test(
        arguments: [
            ("2026-12-01", nil, ["2026-11"]), ("2026-12-31", nil, ["2026-11"]), ("2027-01-01", nil, ["2026-12"]),
            ("2026-11-29", "monday", ["2026-10", "2026-W47"]), ("2026-11-30", "monday", ["2026-10", "2026-W48"]),
        ] as [(String, String?, [String])]
    )
    func peopleHearOfThePeriodUntilTheNextIsOver(_ day: String, _ weekday: String?, _ names: [String]) throws {
        var settings = AlerterSettings()
        settings.reports.weekly = weekday.flatMap(ReportSettings.Weekday.init)
        let sender = PersonalSender(settings: settings, notifier: slack, sending: sending)
        #expect(sender.due(at: try #require(Timestamp(date: day)) + .seconds(3 * 3600)).map(\.name) == names)
    }
}
