import Alerting
import HTTP
import JSON
import JSONFixture
import LambdaRuntime
import Settings
import Testing
import Time

@testable import AWS
@testable import Alerter

/// The story of budgets over fakes: queries of 2 KiB each, which cost nothing else.
@Suite struct BudgetsTests {
    private let records = FakeBudgetRecords()
    private let notifier = FakeBudgetNotifier()
    private let alerts = FakeNotifier()
    private let alertRecords = FakeRecords()
    private let metrics = Metrics()

    private static let daily = #"{"name":"d","limit":"10 KiB","every":"day"}"#

    private func handler(_ budgets: String..., rules: String = "[]") throws -> NotificationHandler {
        var settings = AlerterSettings()
        let file = #"{"budgets":[\#(budgets.joined(separator: ","))],"rules":\#(rules)}"#
        try Section(file: file.utf8).read { name, value throws(SettingsError) in try settings.read(name, value) }
        let handler = NotificationHandler(
            records: alertRecords,
            days: FakeDays(alertRecords),
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [alerts]
        )
        handler.budgets = BudgetWatch(settings: settings, records: records, notifier: notifier)
        return handler
    }

    private func message(_ id: String, user: String = "ada", as messageID: String? = nil) -> JSONValue {
        let body = finishedMessage.replacing("query_execution_id", with: .string(id))
            .replacing("executing_user", with: .string(user))
        return ["messageId": .string(messageID ?? id), "body": .string(body.serialized())]
    }

    private func returned(_ handler: NotificationHandler, _ messages: JSONValue...) throws -> [String] {
        let answer = try handler.handle(["Records": .array(messages)], context(metrics))
        return answer["batchItemFailures"]?.array?.compactMap { $0["itemIdentifier"]?.string } ?? []
    }

    private var sums: [String: Int64] {
        Dictionary(uniqueKeysWithValues: records.spending.map { ("\($0.hash) \($0.range)", $1.queries) })
    }

    @Test func everyQueryCountsOnceHoweverOftenItComes() throws {
        let handler = try handler(Self.daily, #"{"name":"p","per":"user","limit":"1 GiB","every":"month"}"#)
        #expect(try returned(handler, message("a"), message("b", user: "bob"), message("a", as: "twin")) == [])
        #expect(try returned(handler, message("b", user: "bob"), message("c")) == [])
        #expect(sums == ["budget#d 2019-01-17#all": 3, "budget#p 2019-01#ada": 2, "budget#p 2019-01#bob": 1])
        #expect(metrics["QueriesToCount"] == 5)
        #expect(metrics["QueriesCounted"] == 3 && metrics["QueriesCountedBefore"] == 2)
    }

    @Test func aQueryThatStillRunsCountsOnlyWhenItHasEnded() throws {
        let handler = try handler(Self.daily)
        let warning = finishedMessage.replacing("query_execution_id", with: "a").replacing("warning", with: ["user"])
        #expect(try returned(handler, ["messageId": "w", "body": .string(warning.serialized())]) == [])
        #expect(sums == [:])
        #expect(try returned(handler, message("a")) == [])
        #expect(sums == ["budget#d 2019-01-17#all": 1])
    }

    @Test func aQueryThatRulesIgnoreCountsToo() throws {
        let handler = try handler(Self.daily, rules: #"[{"match":{"user":"*"},"ignore":true}]"#)
        #expect(try returned(handler, message("a")) == [])
        #expect(sums == ["budget#d 2019-01-17#all": 1] && metrics["QueriesIgnored"] == 1)
    }

    @Test func aMessageThatCannotBeReadCountsNothingAndHarmsNobody() throws {
        let bad: JSONValue = ["messageId": "bad", "body": "{}"]
        #expect(try returned(try handler(Self.daily), bad, message("a")) == ["bad"])
        #expect(sums == ["budget#d 2019-01-17#all": 1])
    }

    @Test func nobodyIsAlertedOfAQueryThatIsNotCounted() throws {
        records.countFailure = unavailable
        #expect(try returned(try handler(Self.daily), message("a"), message("b")) == ["a", "b"])
        #expect(metrics["QueriesNotCounted"] == 2 && metrics["AlertsDue"] == 0 && notifier.delivered.isEmpty)
    }

    @Test func aMessageWhoseSumsAreNotKnownReturns() throws {
        records.readFailure = unavailable
        #expect(try returned(try handler(Self.daily), message("a")) == ["a"])
    }

    @Test func aTwinElsewhereIsTakenOutAndTheRestCounts() throws {
        let handler = try handler(Self.daily)
        let records = records
        records.meanwhile = [
            { records.marks.insert(QueryKey(startDate: "2019-01-17#alerts", startKey: "#b")) }
        ]
        #expect(try returned(handler, message("a"), message("b"), message("c")) == [])
        #expect(sums == ["budget#d 2019-01-17#all": 2])
        #expect(records.transactions.map(\.marks) == [3, 2])
        #expect(metrics["QueriesCounted"] == 2 && metrics["QueriesCountedBefore"] == 1)
    }

    @Test func theDearestQueriesOfAnotherInvocationStay() throws {
        let handler = try handler(Self.daily)
        let records = records
        records.meanwhile = (0..<3).map { number in
            { [weak records] in
                records?.dearest[.init(hash: "budget#d", range: "2019-01-17#all")] = #"[["other\#(number)","4096"]]"#
            }
        }
        #expect(try returned(handler, message("a")) == [])
        #expect(records.dearest.values.first == #"[["other2","4096"],["a","2048"]]"#)
        #expect(records.transactions.count == 4 && metrics["QueriesCounted"] == 1)
    }

    @Test func constantConflictsAboutTheDearestDoNotKeepAQueryFromBeingCounted() throws {
        let records = records
        records.meanwhile = (0..<100).map { number in
            { [weak records] in
                records?.dearest[.init(hash: "budget#d", range: "2019-01-17#all")] = #"[["other\#(number)","4096"]]"#
            }
        }
        #expect(try returned(try handler(Self.daily), message("a")) == [])
        #expect(metrics["QueriesCounted"] == 1)
    }

    @Test func aTransactionHasRoomForItsMarksAndSums() throws {
        let texts = (0..<50).map { #"{"name":"\#($0)","per":"user","limit":"1 GiB","every":"month"}"# }
        var settings = AlerterSettings()
        try Section(file: "{\"budgets\":[\(texts.joined(separator: ","))]}".utf8)
            .read { name, value throws(SettingsError) in try settings.read(name, value) }
        let queries = try (0..<20).map { number in
            let user: JSONValue = .string(number < 10 ? "ada" : "user\(number)")
            return try FinishedQuery(json: finishedMessage.replacing("executing_user", with: user))
        }
        let entries = queries.enumerated().map {
            BudgetCounting.Entry(
                position: $0,
                query: $1,
                sums: settings.budgets.sums(of: $1, timeZone: .utc, now: .now)
            )
        }
        let transactions = BudgetCounting.transactions(of: entries)
        #expect(transactions.map(\.count) == [10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
        #expect(transactions.flatMap { $0.map(\.position) } == Array(0..<20))
    }

    @Test func ofSeveralStepsOnlyTheHighestIsToldAndOnlyOnce() throws {
        let handler = try handler(Self.daily)
        #expect(try returned(handler, message("a"), message("b")) == [])
        #expect(notifier.delivered == [])
        #expect(try returned(handler, message("c"), message("d")) == [])
        #expect(notifier.delivered == ["channel 80%"])
        #expect(try returned(handler, message("d")) == [])
        #expect(try returned(handler, message("e")) == [])
        #expect(try returned(handler, message("f")) == [])
        #expect(notifier.delivered == ["channel 80%", "channel 100%"])
        #expect(metrics["BudgetNoticesDue"] == 2 && metrics["BudgetNoticesSent"] == 2)
    }

    @Test func aBudgetPerUserTellsTheUserAndTheChannel() throws {
        let handler = try handler(#"{"name":"p","per":"user","limit":"4 KiB","every":"week"}"#)
        #expect(try returned(handler, message("a"), message("b", user: "bob")) == [])
        #expect(notifier.delivered == ["channel 50%", "user 50%", "channel 50%", "user 50%"])
    }

    @Test func twoBudgetsThatBothMatchTellBoth() throws {
        let handler = try handler(Self.daily, #"{"name":"m","limit":"2 KiB","every":"month","steps":[100]}"#)
        #expect(try returned(handler, message("a")) == [])
        #expect(notifier.delivered == ["channel 100%"])
        #expect(sums.values.sorted() == [1, 1])
    }

    @Test func anInvocationThatDiedBeforeItsNoticeLeavesItToTheMessage() throws {
        let key = BudgetSum.Key(hash: "budget#d", range: "2019-01-17#all")
        records.marks.insert(QueryKey(startDate: "2019-01-17#alerts", startKey: "#a"))
        records.spending[key] = Spending(bytes: 8192, queries: 4)
        #expect(try returned(try handler(Self.daily), message("a")) == [])
        #expect(notifier.delivered == ["channel 80%"] && metrics["QueriesCountedBefore"] == 1)
    }

    @Test(arguments: [
        (NotifierError.notDelivered("x"), false), (.busy("x"), false), (.unclear("x"), true),
    ])
    func aNoticeThatFailedReturnsOneMessage(_ error: NotifierError, _ isHeld: Bool) throws {
        let handler = try handler(Self.daily)
        notifier.failure = error
        let messages = ["a", "b", "c"].map { message($0) }
        #expect(try returned(handler, messages[0], messages[1], messages[2]) == ["a"])
        #expect(records.claims.isEmpty == !isHeld && metrics["BudgetNoticesFailed"] == 1)
        records.claims = [:]
        #expect(try returned(handler, messages[0]) == [])
        #expect(notifier.delivered == ["channel 60%"] && sums.values.first == 3)
    }

    @Test(arguments: [(Int64(50), ["a"]), (80, [])] as [(Int64, [String])])
    func aNoticeThatAnotherInvocationSends(_ step: Int64, _ messages: [String]) throws {
        records.claims = ["2019-01-17#all channel": (.integer(1), step)]
        #expect(
            try returned(try handler(Self.daily), message("a"), message("b"), message("c"), message("d")) == messages
        )
        #expect(notifier.delivered == [])
        #expect(metrics["BudgetNoticesSentElsewhere"] + metrics["BudgetNoticesFailed"] == 1)
    }

    @Test func aNoticeWithoutARecipientIsDone() throws {
        notifier.skipped = .unknownPerson
        let handler = try handler(#"{"name":"p","per":"user","limit":"2 KiB","every":"week","notify":"user"}"#)
        #expect(try returned(handler, message("a")) == [])
        #expect(try returned(handler, message("b")) == [])
        #expect(metrics["BudgetNoticesDue"] == 1 && metrics["BudgetNoticesSkippedUnknownPerson"] == 1)
    }

    @Test func aNoticeThatCouldNotBeRecordedIsNotSentAgain() throws {
        let handler = try handler(Self.daily)
        records.recordFailure = unavailable
        #expect(try returned(handler, message("a"), message("b"), message("c")) == [])
        records.claims = [:]
        #expect(try returned(handler, message("c")) == [])
        #expect(notifier.delivered == ["channel 60%"] && metrics["BudgetNoticesNotNoted"] == 1)
        records.recordFailure = nil
        #expect(try returned(handler, message("c")) == [])
        #expect(records.told == ["2019-01-17#all channel": 50] && notifier.delivered.count == 1)
    }

    @Test func aRecordThatComesLateLeavesTheClaimOfAnotherInvocation() throws {
        let handler = try handler(Self.daily)
        records.recordFailure = unavailable
        #expect(try returned(handler, message("a"), message("b"), message("c")) == [])
        records.recordFailure = nil
        records.claims = ["2019-01-17#all channel": (.integer(80), 80)]
        #expect(try returned(handler, message("c")) == [])
        #expect(records.told == ["2019-01-17#all channel": 50] && records.claims.count == 1)
    }

    @Test func noticesWaitWhileSlackIsBusy() throws {
        alerts.outcomes[.channel] = .failure(.busy("30 s"))
        var settings = AlerterSettings()
        settings.thresholds = .init(user: .never, channel: .size(ByteSize(bytes: 1)))
        try Section(file: #"{"budgets":[{"name":"d","limit":1,"every":"day"}]}"#.utf8)
            .read { name, value throws(SettingsError) in try settings.read(name, value) }
        let handler = NotificationHandler(
            records: alertRecords,
            days: FakeDays(alertRecords),
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [alerts]
        )
        handler.budgets = BudgetWatch(settings: settings, records: records, notifier: notifier)
        #expect(try returned(handler, message("a"), message("b")) == ["a", "b"])
        #expect(notifier.delivered == [] && metrics["BudgetNoticesPostponed"] == 1)
        #expect(sums == ["budget#d 2019-01-17#all": 2])
    }
}
