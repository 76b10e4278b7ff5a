import HTTP
import Slack
import Testing

@Suite struct SlackRetryPolicyTests {
    @Test(arguments: [
        (SlackError.rateLimited(seconds: 3), 10, RetryDecision.retry(after: .seconds(3))),
        (.rateLimited(seconds: 3), 4, .giveUp), (.rateLimited(seconds: 30), 10, .giveUp),
        (.unavailable("x"), 10, .retry(after: .milliseconds(500))), (.unavailable("x"), 1, .giveUp),
        (.refused("channel_not_found"), 10, .giveUp), (.unclear("lost"), 10, .giveUp),
    ])
    func onlyARequestWithoutEffectIsSentAgain(_ error: SlackError, _ seconds: Int, _ decision: RetryDecision) {
        #expect(SlackRetryPolicy.decision(after: error, remaining: .seconds(seconds)) == decision)
    }
}
