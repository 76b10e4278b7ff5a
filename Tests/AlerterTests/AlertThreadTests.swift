import Alerting
import HTTP
import JSON
import JSONFixture
import LambdaRuntime
import Testing
import Time

@testable import AWS
@testable import Alerter

/// The story of a person's day in one channel, over fakes: queries of 2 KiB that cost the same.
@Suite struct AlertThreadTests {
    private let records = FakeRecords()
    private let days: FakeDays
    private let notifier = FakeNotifier()
    private let metrics = Metrics()

    init() {
        days = FakeDays(records)
        notifier.gathering = .threads
    }

    private func handler(_ thread: AlerterSettings.Quiet.Thread = .day, query: String? = nil) throws
        -> NotificationHandler
    {
        var settings = AlerterSettings()
        settings.thresholds = .init(user: .never, channel: .size(ByteSize(bytes: 1024)))
        settings.quiet.thread = thread
        settings.messages.query = try query.map { try MessageTemplate($0) }
        return NotificationHandler(
            records: records,
            days: days,
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [notifier]
        )
    }

    /// Delivers messages of queries with these ids, and returns the ids of those that return.
    @discardableResult
    private func deliver(
        _ ids: String...,
        by handler: NotificationHandler? = nil,
        within time: Duration = .seconds(60)
    ) throws -> [String] {
        let messages = ids.map { id -> JSONValue in
            let body = finishedMessage.replacing("query_execution_id", with: .string(id))
            return ["messageId": .string(id), "body": .string(body.serialized())]
        }
        let answer = try (handler ?? self.handler()).handle(["Records": .array(messages)], context(metrics, time: time))
        return answer["batchItemFailures"]?.array?.compactMap { $0["itemIdentifier"]?.string } ?? []
    }

    private var threads: [String?] { notifier.postings.map(\.thread?.timestamp) }

    @Test func theDaysAlertsGoIntoTheThreadOfTheFirst() throws {
        #expect(try deliver("a") == [])
        #expect(notifier.updates.isEmpty)
        #expect(try deliver("b") == [])
        #expect(threads == [nil, "1"])
        #expect(notifier.updates.map(\.day.queries) == [2] && notifier.updates[0].thread.timestamp == "1")
        #expect(notifier.updates[0].opening == "first 1")
        #expect(days.day.day.dataScanned == 4096 && days.day.shownQueries == 2 && days.leases.isEmpty)
        #expect(metrics["AlertsSent"] == 2 && metrics["ThreadsUpdated"] == 1)
    }

    @Test func aBatchUpdatesTheFirstMessageOnce() throws {
        #expect(try deliver("a", "b", "c", "d") == [])
        #expect(threads == [nil, "1", "1", "1"])
        #expect(notifier.updates.map(\.day.queries) == [4])
    }

    @Test func theDayIsToldOutsideOfTheThreadWhenItHasDoubled() throws {
        for number in 1...16 { try deliver("\(number)") }
        let broadcasts = notifier.postings.indices.filter { notifier.postings[$0].isBroadcast }.map { $0 + 1 }
        #expect(broadcasts == [3, 7, 15])
        #expect(notifier.postings.filter(\.isBroadcast).allSatisfy { $0.tellsOfDay && $0.thread != nil })
    }

    @Test func anAlertThatComesTwiceCountsOnce() throws {
        try deliver("a", "b")
        #expect(try deliver("a", "b") == [])
        #expect(days.day.day.queries == 2 && notifier.updates.count == 1 && metrics["AlertsAlreadySent"] == 2)
    }

    @Test func aThreadIsBroughtUpToDateByTheMessageThatReturns() throws {
        notifier.updateFailures = [.busy("30 s")]
        #expect(try deliver("a", "b") == ["b"])
        #expect(notifier.updates.isEmpty && days.leases.isEmpty && metrics["ThreadsNotUpdated"] == 1)
        try deliver("c")
        #expect(notifier.updates.map(\.day.queries) == [3])
        // The latest sum is shown, so there is nothing to do.
        #expect(try deliver("b") == [])
        #expect(notifier.updates.count == 1 && notifier.postings.count == 3)
    }

    @Test func aMessageThatDiedBeforeTheUpdateMakesIt() throws {
        try deliver("a", "b")
        days.days = days.days.mapValues { day in
            var day = day
            day.shownQueries = 1
            return day
        }
        #expect(try deliver("b") == [])
        #expect(notifier.updates.map(\.day.queries) == [2, 2])
    }

    @Test func whoeverUpdatesShowsWhatOthersCountMeanwhile() throws {
        try deliver("a")
        let finished = try FinishedQuery(parsing: finishedMessage.serialized().utf8)
        // One is counted before this alert's record, so that its sum is of two queries already.
        days.others = [finished]
        try deliver("b")
        #expect(notifier.updates.map(\.day.queries) == [3] && days.day.shownQueries == 3)
    }

    @Test func aRecordLeasesTheUpdate() throws {
        try deliver("a", "b", "c")
        #expect(days.leased == [.opening] && notifier.updates.map(\.day.queries) == [3] && days.leases.isEmpty)
    }

    @Test func aRecordLeasesTheUpdateOfOneThatDied() throws {
        try deliver("a")
        days.leases[DayAttribute.Lease.update.rawValue] = .leaseToken(until: .now - .seconds(1))
        try deliver("b")
        #expect(days.leased == [.opening] && notifier.updates.map(\.day.queries) == [2] && days.leases.isEmpty)
    }

    @Test func aRecordWhoseAnswerWasLostMakesTheUpdateThatOthersWaitFor() throws {
        try deliver("a")
        days.lostAnswer = unavailable
        #expect(try deliver("b") == [])
        #expect(notifier.updates.map(\.day.queries) == [2] && days.leases.isEmpty && metrics["AlertsNotNoted"] == 1)
    }

    @Test func withoutThreadsARecordLeasesNothing() throws {
        try deliver("a")
        try deliver("b", by: handler(.off, query: "{queries_today}"))
        #expect(days.leases.isEmpty && notifier.updates.isEmpty && days.day.day.queries == 2)
    }

    @Test func anotherInvocationsUpdateIsLeftToIt() throws {
        try deliver("a")
        days.leases[DayAttribute.Lease.update.rawValue] = .leaseToken(until: .now + .seconds(60))
        #expect(try deliver("b") == [])
        #expect(notifier.updates.isEmpty && days.day.day.queries == 2)
    }

    @Test func aThreadThatAnotherInvocationBeginsIsWaitedFor() throws {
        days.leases[DayAttribute.Lease.opening.rawValue] = .integer(99)
        #expect(try deliver("a", within: .milliseconds(2200)) == ["a"])
        #expect(notifier.postings.isEmpty && records.claims.isEmpty)
    }

    @Test(arguments: [(NotifierError.notDelivered("x"), true), (.unclear("x"), false)])
    func theRightToBeginAThreadIsKeptOnlyWhenItMayHaveBegun(_ error: NotifierError, _ isReleased: Bool) throws {
        notifier.postFailures = [error]
        #expect(try deliver("a") == ["a"])
        #expect(days.leases.isEmpty == isReleased && records.claims.isEmpty == isReleased)
    }

    @Test func aThreadThatIsGoneIsBegunAnew() throws {
        try deliver("a")
        notifier.postFailures = [.threadGone("message_not_found")]
        #expect(try deliver("b") == [])
        #expect(threads == [nil, "1", nil])
        #expect(days.day.thread?.timestamp == "3" && days.day.day.queries == 2 && metrics["ThreadsLost"] == 1)
        // The new first message shows the whole day.
        #expect(notifier.updates.map(\.thread.timestamp) == ["3"] && notifier.updates[0].opening == "first 3")
    }

    @Test func aThreadThatAnEarlierVersionBeganIsBroughtUpToDate() throws {
        try deliver("a")
        days.openings = [:]
        days.days = days.days.mapValues { day in
            var day = day
            day.opening = "of old"
            return day
        }
        try deliver("b")
        #expect(notifier.updates.map(\.opening) == ["of old"])
        notifier.postFailures = [.threadGone("message_not_found")]
        try deliver("c")
        #expect(notifier.updates.map(\.opening) == ["of old", "first 4"])
    }

    @Test func aFirstMessageThatWasDeletedIsForgotten() throws {
        try deliver("a")
        notifier.updateFailures = [.threadGone("message_not_found")]
        #expect(try deliver("b") == [])
        #expect(days.day.thread == nil)
        try deliver("c")
        #expect(threads == [nil, "1", nil])
    }

    @Test func aMessageThatCannotBeEditedStopsNothing() throws {
        try deliver("a")
        notifier.updateFailures = [.notEditable("edit_window_closed")]
        #expect(try deliver("b") == [])
        #expect(days.day.shownQueries == 2 && days.leases.isEmpty)
    }

    @Test func aMediumWithoutThreadsHearsTheFirstAndEachDoubling() throws {
        notifier.gathering = .doublings
        for number in 1...8 { #expect(try deliver("\(number)") == []) }
        #expect(notifier.queries.map(\.key.executionID) == ["1", "3", "7"])
        #expect(notifier.postings.map(\.tellsOfDay) == [false, true, true])
        #expect(metrics["AlertsCountedOnly"] == 5 && days.day.day.queries == 8 && notifier.updates.isEmpty)
    }

    @Test func withoutThreadsNothingIsCounted() throws {
        days.failure = unavailable
        #expect(try deliver("a", "b", by: handler(.off)) == [])
        #expect(threads == [nil, nil] && days.days.isEmpty)
    }

    @Test func aTextThatTellsOfTheDayCountsWithoutThreads() throws {
        let handler = try handler(.off, query: "{user}: {queries_today} for {cost_today}")
        #expect(try deliver("a", "b", by: handler) == [])
        #expect(threads == [nil, nil] && notifier.postings.map(\.day?.queries) == [1, 2])
        #expect(notifier.updates.isEmpty)
    }

    @Test func anAlertIsNotSentWhenTheDayCannotBeRead() throws {
        days.failure = unavailable
        #expect(try deliver("a") == ["a"])
        #expect(notifier.postings.isEmpty && records.claims.isEmpty && metrics["AlertsFailed"] == 1)
    }

    @Test func aShareThatCouldNotBeRecordedIsCountedInTheNextInvocation() throws {
        let handler = try handler()
        try deliver("a", by: handler)
        days.recordFailure = unavailable
        #expect(try deliver("b", by: handler) == [])
        #expect(days.day.day.queries == 1)
        days.recordFailure = nil
        try deliver(by: handler)
        #expect(days.day.day.queries == 2 && notifier.updates.map(\.day.queries) == [2])
    }

    /// Warns of a query that still runs.
    private func warn(_ id: String) throws {
        let body = finishedMessage.replacing("query_execution_id", with: .string(id))
            .replacing("query_state", with: "RUNNING").replacing("warning", with: ["channel"])
        _ = try handler().handle(
            ["Records": [["messageId": .string(id), "body": .string(body.serialized())]]],
            context()
        )
    }

    @Test func theAlertOfAQueryThatWasWarnedOfIsInTheSameThreadAndCountsOnce() throws {
        try warn("a")
        #expect(days.day.day.queries == 0 && days.day.thread?.timestamp == "1")
        try deliver("a")
        #expect(threads == [nil, "1"] && days.day.day.queries == 1)
        #expect(notifier.updates.map(\.day.queries) == [1])
        // The warning told no sum.
        #expect(notifier.postings[1].isBroadcast)
    }

    @Test func aWarningIsShownOutsideOfTheThread() throws {
        try deliver("a")
        try warn("b")
        #expect(threads == [nil, "1"] && notifier.postings[1].isBroadcast && days.day.day.queries == 1)
        #expect(notifier.updates.isEmpty)
    }

    @Test func anAlertThatIsOnlyCountedReturnsWhenItCannotBe() throws {
        notifier.gathering = .doublings
        try deliver("1")
        days.recordFailure = unavailable
        #expect(try deliver("2") == ["2"])
        #expect(records.claims.isEmpty && metrics["AlertsFailed"] == 1 && metrics["AlertsCountedOnly"] == 0)
        days.recordFailure = nil
        #expect(try deliver("2") == [])
        #expect(days.day.day.queries == 2 && metrics["AlertsCountedOnly"] == 1)
    }

    @Test func aRecordThatTheTableNeverTakesDoesNotKeepOthersBack() throws {
        let handler = try handler()
        let refusal = ServiceError(
            call: "dynamodb:TransactWriteItems",
            response: HTTPResponse(status: 400, body: Array(#"{"__type":"ValidationException"}"#.utf8))
        )
        days.recordFailure = .refused(refusal)
        try deliver("a", by: handler)
        days.recordFailure = nil
        days.refusedOnce = .refused(refusal)
        // The lease of the thread that may have begun ends by itself.
        days.leases = [:]
        try deliver("b", by: handler)
        #expect(days.day.day.queries == 1 && records.recorded.keys.sorted() == ["channel b"])
    }

    @Test func anUpdateThatFailsForAnEarlierInvocationReturnsNoMessageOfIt() throws {
        let handler = try handler()
        try deliver("a", by: handler)
        days.recordFailure = unavailable
        try deliver("b", by: handler)
        days.recordFailure = nil
        notifier.updateFailures = [.busy("30 s")]
        #expect(try deliver(by: handler) == [])
    }
}
