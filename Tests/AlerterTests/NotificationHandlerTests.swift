import AWS
import Alerting
import HTTP
import JSON
import JSONFixture
import LambdaRuntime
import Settings
import Testing

@testable import Alerter

/// The story of `notification` over fakes: a query of 2 KiB, above the thresholds of both targets.
@Suite struct NotificationHandlerTests {
    private let records = FakeRecords()
    private let notifier = FakeNotifier()
    private let metrics = Metrics()

    private func handler(threshold: Int64 = 1024, rules: Rules = Rules()) -> NotificationHandler {
        var settings = AlerterSettings()
        settings.thresholds = .init(
            user: .size(ByteSize(bytes: threshold)),
            channel: .size(ByteSize(bytes: 1024))
        )
        settings.rules = rules
        return NotificationHandler(
            records: records,
            days: FakeDays(records),
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [notifier]
        )
    }

    private func message(_ id: String = "q") -> JSONValue {
        let body = finishedMessage.replacing("query_execution_id", with: .string(id))
        return ["messageId": .string(id), "body": .string(body.serialized())]
    }

    private func returned(_ handler: NotificationHandler, _ messages: JSONValue...) throws -> [String] {
        let answer = try handler.handle(["Records": .array(messages)], context(metrics))
        return answer["batchItemFailures"]?.array?.compactMap { $0["itemIdentifier"]?.string } ?? []
    }

    @Test func eachTargetHearsOnceAndTheRowShowsIt() throws {
        #expect(try returned(handler(), message()) == [])
        #expect(records.claimed == [["channel", "user"]] && records.shown == [["channel", "user"]])
        #expect(try returned(handler(), message()) == [])
        #expect(notifier.delivered == [.channel, .user])
        #expect(records.recorded.count == 2 && records.shown == [["channel", "user"], ["channel", "user"]])
        #expect(metrics["AlertsDue"] == 4 && metrics["AlertsSent"] == 2 && metrics["AlertsAlreadySent"] == 2)
    }

    @Test func aQueryBelowAThresholdTellsOnlyTheOtherTarget() throws {
        #expect(try returned(handler(threshold: 4096), message()) == [])
        #expect(notifier.delivered == [.channel])
    }

    private func rules(_ text: String) throws -> Rules {
        try Rules(Section(file: text.utf8))
    }

    @Test func anIgnoredQueryIsCountedAndTellsNobody() throws {
        let rules = try rules(#"[{"match":{"user":"ad?"},"ignore":true}]"#)
        #expect(try returned(handler(rules: rules), message()) == [])
        #expect(notifier.delivered.isEmpty && metrics["QueriesIgnored"] == 1)
        #expect(metrics["QueriesBelowThresholds"] == 0 && metrics["AlertsDue"] == 0)
    }

    @Test func theRulesThresholdsDecideAndTheirOutcomeReachesTheNotifier() throws {
        let rules = try rules(#"[{"match":{"state":"*"},"thresholds":{"user":"1 GiB"},"channel":"bi"}]"#)
        #expect(try returned(handler(rules: rules), message()) == [])
        #expect(notifier.delivered == [.channel] && notifier.outcomesOfRules.map(\.channel) == ["bi"])
    }

    @Test func nothingIsSentWhenTheTableTakesNoClaim() throws {
        records.claimFailure = unavailable
        #expect(try returned(handler(), message()) == ["q"])
        #expect(notifier.delivered.isEmpty && metrics["AlertsFailed"] == 2 && records.claims.isEmpty)
    }

    @Test(arguments: [
        (NotifierError.notDelivered("x"), false), (.busy("x"), false), (.unclear("x"), true),
    ])
    func aFailedAlertReturnsAndKeepsItsClaimOnlyWhenItMayHaveGoneOut(_ error: NotifierError, _ isHeld: Bool) throws {
        notifier.outcomes[.channel] = .failure(error)
        #expect(try returned(handler(), message()) == ["q"])
        #expect((records.claims["channel q"] != nil) == isHeld)
        #expect(records.recorded["user q"] != nil && metrics["AlertsFailed"] == 1)
    }

    @Test func messagesAfterABusySlackReturnUntouched() throws {
        notifier.outcomes[.channel] = .failure(.busy("30 s"))
        #expect(try returned(handler(), message("a"), message("b")) == ["a", "b"])
        #expect(notifier.delivered == [.channel, .user])
    }

    @Test func anAlertWithoutARecipientIsDone() throws {
        notifier.outcomes[.user] = .success(.skipped(.unknownPerson))
        #expect(try returned(handler(), message()) == [])
        #expect(records.claims.isEmpty && records.recorded["user q"] == nil)
        #expect(metrics["AlertsSkippedUnknownPerson"] == 1)
    }

    @Test func anAlertThatNobodyCanReceiveIsNotClaimed() throws {
        notifier.earlySkips = [.user: .notAPerson]
        #expect(try returned(handler(), message()) == [])
        #expect(records.claimed == [["channel"]] && records.shown == [["channel"]])
        #expect(metrics["AlertsDue"] == 2 && metrics["AlertsSkippedNotAPerson"] == 1 && metrics["AlertsSent"] == 1)
    }

    @Test func aQueryOfWhichNobodyCanHearMakesNoWrite() throws {
        notifier.earlySkips = [.user: .notAPerson, .channel: .targetNotSet]
        #expect(try returned(handler(), message()) == [])
        #expect(records.claimed.isEmpty && records.shown.isEmpty && notifier.delivered.isEmpty)
        #expect(metrics["AlertsSkippedNotAPerson"] == 1 && metrics["AlertsSkippedTargetNotSet"] == 1)
    }

    @Test func whatDiedBetweenTwoAlertsIsSentAndBothAreShown() throws {
        records.recorded = ["channel q": "before"]
        #expect(try returned(handler(), message()) == [])
        #expect(notifier.delivered == [.user] && records.shown == [["channel", "user"]])
        #expect(metrics["AlertsAlreadySent"] == 1 && metrics["AlertsSent"] == 1)
    }

    @Test func aRowShowsTheAlertThatWentOutAlthoughTheOtherFailed() throws {
        notifier.outcomes[.channel] = .failure(.notDelivered("x"))
        #expect(try returned(handler(), message()) == ["q"])
        #expect(records.shown == [["user"]] && records.claims.isEmpty)
    }

    @Test func anAlertThatIsBeingSentElsewhereReturns() throws {
        records.claims = ["channel q": .integer(7), "user q": .integer(8)]
        #expect(try returned(handler(), message()) == ["q"])
        #expect(notifier.delivered.isEmpty && records.claims["channel q"] == .integer(7))
    }

    @Test func aFailedRecordIsMadeAtTheStartOfTheNextInvocation() throws {
        let handler = handler()
        records.recordFailure = unavailable
        #expect(try returned(handler, message()) == [])
        #expect(records.recorded.isEmpty && metrics["AlertsNotNoted"] == 2)
        records.recordFailure = nil
        records.claims = [:]
        #expect(try returned(handler, message()) == [])
        #expect(notifier.delivered == [.channel, .user] && records.recorded.count == 2)
    }

    @Test func anAlertWithoutARecordIsNotSentAgainByItsProcess() throws {
        let handler = handler()
        records.recordFailure = unavailable
        for _ in 0..<2 {
            #expect(try returned(handler, message()) == [])
            records.claims = [:]
        }
        #expect(notifier.delivered == [.channel, .user] && metrics["AlertsAlreadySent"] == 2)
    }

    @Test func theRowBringsNoMessageBackWhileAnAlertHasNoRecord() throws {
        records.unrecorded = ["channel"]
        records.showFailure = unavailable
        #expect(try returned(handler(), message()) == [])
        #expect(records.recorded.count == 1)
    }

    @Test func aRowThatDoesNotShowTheAlertBringsTheMessageBackOnce() throws {
        records.showFailure = unavailable
        #expect(try returned(handler(), message()) == ["q"])
        records.showFailure = nil
        #expect(try returned(handler(), message()) == [])
        #expect(notifier.delivered == [.channel, .user] && records.shown == [["channel", "user"]])
    }

    @Test func nothingIsSentWhenTimeIsOver() throws {
        let answer = try handler().handle(["Records": [message()]], context(metrics, time: .seconds(1)))
        #expect(answer["batchItemFailures"]?.array?.count == 1)
        #expect(notifier.delivered.isEmpty && metrics["AlertsPostponed"] == 2)
    }

    @Test func aBadMessageHarmsOnlyItself() throws {
        #expect(try returned(handler(), ["messageId": "bad", "body": "hello"], message()) == ["bad"])
        #expect(notifier.delivered == [.channel, .user])
    }

    @Test func anEventThatIsNotABatchFails() {
        let error = #expect(throws: HandlerError.self) { try handler().handle([:], context()) }
        #expect(error?.description.hasSuffix("not a batch of messages: Records: it is missing") == true)
    }

    @Test func aWarningOfARunningQueryIsAnAlertOfItsOwnAndIgnoresTheThresholds() throws {
        let body = finishedMessage.replacing("warning", with: ["user"])
        let warning: JSONValue = ["messageId": "w", "body": .string(body.serialized())]
        let handler = handler(threshold: 1 << 40)
        #expect(try returned(handler, warning) == [] && notifier.delivered == [.user])
        #expect(try returned(handler, warning, message()) == [])
        #expect(notifier.delivered == [.user, .channel])
        #expect(Set(records.recorded.keys) == ["running_user q", "channel q"])
    }
}
