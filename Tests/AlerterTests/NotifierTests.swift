import AWS
import AWSFixture
import Alerting
import Foundation
import HTTP
import JSON
import LambdaRuntime
import LoopbackServer
import System
import Testing
import Time
import Web

@testable import Alerter

/// The handler with a notifier of its own, against a scripted DynamoDB.
@Suite struct NotifierTests {
    private let nowhere = Web.URL(origin: Origin(scheme: .http, host: "127.0.0.1", port: 1))
    private let fine = Answer.reply(200, body: "{}")
    private let conditionFailed = Answer.reply(400, body: #"{"__type":"ConditionalCheckFailedException"}"#)

    private let event = #"""
        {"Records":[{"messageId":"m1","body":"{\"start_date\":\"2019-01-17\",\"start_timestamp\":\"2019-01-17 11:57:30\",
        \"query_execution_id\":\"q\",\"query_state\":\"SUCCEEDED\",\"executing_user\":\"ada\",\"data_scanned\":2048}"}]}
        """#.replacing("\n", with: "")

    private func handle(
        _ event: String,
        store: LoopbackServer,
        notifier: any Notifier,
        metrics: Metrics = Metrics()
    ) throws -> String {
        var settings = AlerterSettings()
        settings.thresholds = .init(user: .size(ByteSize(bytes: 1024)), channel: .size(ByteSize(bytes: 1024)))
        let handler = NotificationHandler(
            records: AlertLedger(DynamoDB(try client(store)), table: "t", retentionDays: 90),
            days: DayLedger(DynamoDB(try client(store)), table: "t"),
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [notifier]
        )
        let context = InvocationContext(
            requestID: "r",
            functionARN: "",
            deadline: .after(.seconds(10)),
            log: Log(level: .error) { _ in },
            metrics: metrics
        )
        return try handler.handle(JSONValue(parsing: event.utf8), context).serialized()
    }

    private let nothingFailed = #"{"batchItemFailures":[]}"#
    private let allFailed = #"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#

    @Test func anAlertIsClaimedDeliveredAndRemembered() throws {
        try LoopbackServer.run(fine, fine, fine, fine) { (store) throws in
            try LoopbackServer.run(.reply(204)) { (web) throws in
                let notifier = WebhookNotifier(http: HTTPClient(), url: web.at())
                let answer = try handle(event, store: store, notifier: notifier)
                #expect(answer == nothingFailed)
                #expect(web.requests.map(\.body) == [#"{"user":"ada","scanned":"2.0 KiB","cost":"less than $0.01"}"#])
            }
            let bodies = store.requests.map(\.body)
            #expect(bodies.count == 4)
            #expect(bodies[0].contains("webhook_channel_alert_claimed_until"))
            #expect(bodies[0].contains("webhook_user_alert_claimed_until"))
            #expect(bodies[1].contains("webhook_channel_alerted_at") && bodies[1].contains("REMOVE #claim"))
            // This notifier finds only after the claim that the person has no place.
            #expect(bodies[2].contains("webhook_user_alert_claimed_until") && bodies[2].contains("REMOVE #claim"))
            #expect(bodies[3].contains("webhook_channel_alerted_at") && bodies[3].contains("2019-01-17 11:57:30#q"))
        }
    }

    @Test func anAlertThatHasGoneOutIsNotRepeated() throws {
        let done = Answer.reply(
            200,
            body: #"{"Item":{"webhook_channel_alerted_at":{"S":"t"},"webhook_user_alerted_at":{"S":"t"}}}"#
        )
        try LoopbackServer.run(conditionFailed, done, fine) { (store) throws in
            let metrics = Metrics()
            let notifier = WebhookNotifier(http: HTTPClient(), url: nowhere)
            let answer = try handle(event, store: store, notifier: notifier, metrics: metrics)
            #expect(answer == nothingFailed)
            #expect(metrics["AlertsAlreadySent"] == 2)
            // Its row may not show it yet.
            let shown = store.requests[2].body
            #expect(shown.contains("2019-01-17 11:57:30#q") && shown.contains(#"":v1":{"S":"t"}"#))
        }
    }

    /// The tokens that claim alerts, as a ledger that answers with some item finds them.
    private func claims(
        _ item: String,
        then answers: Answer...
    ) throws -> (claims: [AlertLedger.Claim], bodies: [String]) {
        var found: (claims: [AlertLedger.Claim], bodies: [String]) = ([], [])
        try LoopbackServer.run([conditionFailed, .reply(200, body: #"{"Item":{\#(item)}}"#)] + answers) {
            (server) throws in
            let ledger = AlertLedger(DynamoDB(try client(server)), table: "t", retentionDays: 90)
            let key = QueryKey(startDate: "d", startKey: "k")
            let alerts = ["channel", "user"]
            found.claims = try ledger.claim(alerts, of: key, until: .now, before: .after(.seconds(5)))
            found.bodies = server.requests.map(\.body)
        }
        return found
    }

    @Test func anAlertIsClaimedAloneWhenTheOtherHasGoneOut() throws {
        let (claims, bodies) = try claims(#""channel_alerted_at":{"S":"t"}"#, then: fine)
        guard claims.count == 2, case .granted = claims[1] else { return #expect(Bool(false), "\(claims)") }
        #expect(claims[0] == .alreadyAlerted(at: "t"))
        #expect(bodies.count == 3 && !bodies[2].contains("channel_alert") && bodies[2].contains("user_alert"))
    }

    @Test func aClaimThatHasEndedDoesNotKeepAnAlertBack() throws {
        let (claims, _) = try claims(
            #""channel_alert_claimed_until":{"N":"99999999999999.1"},"user_alert_claimed_until":{"N":"5.1"}"#,
            then: fine
        )
        guard claims.count == 2, case .granted = claims[1] else { return #expect(Bool(false), "\(claims)") }
        #expect(claims[0] == .held)
    }

    @Test func whatAnotherInvocationReleasesAtThisMomentIsLeftToIt() throws {
        let (claims, bodies) = try claims("")
        #expect(claims == [.held, .held] && bodies.count == 2)
    }

    @Test func anAlertThatAnotherIsSendingComesBackLater() throws {
        let open = Answer.reply(200, body: "{}")
        try LoopbackServer.run(conditionFailed, open) { (store) throws in
            let notifier = WebhookNotifier(http: HTTPClient(), url: nowhere)
            let answer = try handle(event, store: store, notifier: notifier)
            #expect(answer == allFailed)
        }
    }

    @Test func aClaimIsGivenBackWhenNothingWentOutAndKeptWhenThatIsUnclear() throws {
        try LoopbackServer.run(fine, fine, fine) { (store) throws in
            let notifier = WebhookNotifier(http: HTTPClient(), url: nowhere)
            let answer = try handle(event, store: store, notifier: notifier)
            #expect(answer == allFailed)
            #expect(isRelease(store.requests[1].body))
        }
        try LoopbackServer.run(fine, fine) { (store) throws in
            try LoopbackServer.run(.hangUp) { (web) throws in
                let notifier = WebhookNotifier(http: HTTPClient(), url: web.at())
                let answer = try handle(event, store: store, notifier: notifier)
                #expect(answer == allFailed)
            }
            #expect(!store.requests.contains { isRelease($0.body) })
        }
    }

    private func isRelease(_ body: String) -> Bool {
        body.contains(#""UpdateExpression":"REMOVE #claim""#) && body.contains("webhook_channel")
    }

    @Test func anAlertThatCouldNotBeNotedDoesNotComeBack() throws {
        let refusal = Answer.reply(400, body: #"{"__type":"AccessDeniedException"}"#)
        try LoopbackServer.run(fine, refusal, fine) { (store) throws in
            try LoopbackServer.run(.reply(200)) { (web) throws in
                let metrics = Metrics()
                let notifier = WebhookNotifier(http: HTTPClient(), url: web.at())
                let answer = try handle(event, store: store, notifier: notifier, metrics: metrics)
                #expect(answer == nothingFailed)
                #expect(metrics["AlertsNotNoted"] == 1)
            }
        }
    }

    @Test func aClaimsTokenIsANumberThatDynamoDBReturnsAsItIs() throws {
        try LoopbackServer.run(fine, fine, fine, fine, fine) { (server) throws in
            let ledger = AlertLedger(DynamoDB(try client(server)), table: "t", retentionDays: 90)
            let key = QueryKey(startDate: "d", startKey: "k")
            for _ in 0..<5 { _ = try ledger.claim(["user"], of: key, until: .now, before: .after(.seconds(5))) }
            let tokens = server.requests.compactMap { $0.body.firstMatch(of: /":token":{"N":"([0-9.]+)"}/)?.1 }
            #expect(Set(tokens).count == 5)
            #expect(tokens.allSatisfy { $0.contains(".") && !$0.hasSuffix("0") })
        }
    }

    @Test func aMessageThatCannotBeReadComesBackAlone() throws {
        try LoopbackServer.run(fine) { (store) throws in
            let broken = #"{"Records":[{"messageId":"m1","body":"hello"}]}"#
            let notifier = WebhookNotifier(http: HTTPClient(), url: nowhere)
            let answer = try handle(broken, store: store, notifier: notifier)
            #expect(answer == allFailed)
            #expect(store.requests.isEmpty)
        }
    }
}
