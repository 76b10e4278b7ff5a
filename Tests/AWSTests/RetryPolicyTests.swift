import HTTP
import Testing

@testable import AWS

@Suite struct RetryPolicyTests {
    private func decision(
        _ kind: FailureKind,
        attempt: Int = 1,
        remaining: Duration = .seconds(60),
        wish: Duration? = nil,
        random: Double = 1,
        budget: RetryBudget = RetryBudget()
    ) -> RetryDecision {
        RetryPolicy.standard.decision(
            after: RetryPolicy.FailedAttempt(number: attempt, kind: kind, wish: wish),
            remaining: remaining,
            budget: budget,
            random: random
        )
    }

    @Test(arguments: [
        (FailureKind.transient, 1, RetryDecision.retry(after: .milliseconds(50))),
        (.transient, 2, .retry(after: .milliseconds(100))), (.transient, 3, .giveUp),
        (.throttling, 1, .retry(after: .seconds(1))), (.throttling, 2, .retry(after: .seconds(2))),
        (.corrected, 1, .retry(after: .zero)), (.corrected, 3, .giveUp), (.permanent, 1, .giveUp),
    ])
    func thePauseDependsOnKindAndAttempt(_ kind: FailureKind, _ attempt: Int, _ expected: RetryDecision) {
        #expect(decision(kind, attempt: attempt) == expected)
    }

    @Test(arguments: [
        (1000, 0.0, RetryDecision.retry(after: .seconds(1))), (10, 1.0, .retry(after: .milliseconds(50))),
        (90_000, 0.0, .retry(after: .seconds(5))), (-1, 0.5, .retry(after: .milliseconds(25))),
    ])
    func aServiceMayAskForALongerPause(_ milliseconds: Int, _ random: Double, _ expected: RetryDecision) {
        #expect(decision(.transient, wish: .milliseconds(milliseconds), random: random) == expected)
    }

    @Test(arguments: [
        (Duration.milliseconds(51), true), (.milliseconds(50), false), (.zero, false), (.seconds(-1), false),
    ])
    func thePauseEndsBeforeTheDeadline(_ remaining: Duration, _ isRepeated: Bool) {
        #expect((decision(.transient, remaining: remaining) != .giveUp) == isRepeated)
    }

    @Test func aPauseHasALimit() {
        let policy = RetryPolicy(maximumAttempts: 100, baseDelay: .milliseconds(25))
        for number in [10, 11, 64, 99] {
            let attempt = RetryPolicy.FailedAttempt(number: number, kind: .transient)
            let decision = policy.decision(after: attempt, remaining: .seconds(60), budget: RetryBudget(), random: 1)
            #expect(decision == .retry(after: min(.milliseconds(25 << min(number - 1, 16)), .seconds(20))))
        }
    }

    @Test func theBudgetRunsOutAndComesBack() {
        var budget = RetryBudget()
        var spent = 0
        while decision(.transient, budget: budget) != .giveUp { spent += budget.spend(on: .transient) }
        #expect(spent == 490)
        #expect(decision(.throttling, budget: budget) != .giveUp)
        #expect(decision(.corrected, budget: budget) == .retry(after: .zero))
        budget.refund(14)
        let price = budget.spend(on: .transient)
        #expect(price == 14)
        budget.refund(0)
        #expect(!budget.covers(.transient))
    }

    private static func refusal(_ code: String, _ status: Int = 400) -> AWSError {
        .refused(ServiceError(call: "c", status: status, code: code, message: "", requestID: ""))
    }

    @Test(arguments: [
        (refusal("ThrottlingException"), FailureKind.throttling), (refusal("SlowDown", 503), .throttling),
        (refusal("RequestTimeout"), .transient), (refusal("HTTP500", 500), .transient),
        (refusal("HTTP501", 501), .permanent), (refusal("AccessDenied", 403), .permanent),
        (.transport(call: "c", .timedOut("")), .transient), (.transport(call: "c", .unreachable("")), .transient),
        (.transport(call: "c", .connectionLost("")), .transient), (.transport(call: "c", .untrusted("")), .permanent),
        (.transport(call: "c", .tooLarge(limit: 1)), .permanent), (.unreadable(call: "c", reason: ""), .transient),
        (.noCredentials(""), .permanent), (.misconfigured(""), .permanent),
    ])
    func everyErrorHasAKind(_ error: AWSError, _ kind: FailureKind) {
        #expect(FailureKind(error) == kind)
    }
}
