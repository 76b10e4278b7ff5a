import Testing

@testable import AWS

@Suite struct PaceTests {
    private let start = ContinuousClock.now
    private let quota = Pace.Quota(rate: 20, burst: 40)

    private func after(_ duration: Duration) -> ContinuousClock.Instant { start + duration }

    @Test func aBurstWaitsForNothing() {
        var pace = Pace(quota, now: start)
        #expect(pace.take(40, now: start) == .zero)
    }

    @Test func whatIsBeyondTheBurstWaitsItsTurn() {
        var pace = Pace(quota, now: start)
        _ = pace.take(40, now: start)
        #expect(pace.take(1, now: start) == .milliseconds(50))
        #expect(pace.take(1, now: start) == .milliseconds(100))
        #expect(pace.take(1, now: after(.milliseconds(100))) == .milliseconds(50))
    }

    @Test func aRestFillsTheBurstAndNoMore() {
        var pace = Pace(quota, now: start)
        _ = pace.take(40, now: start)
        #expect(pace.take(40, now: after(.seconds(60))) == .zero)
        #expect(pace.take(20, now: after(.seconds(60))) == .seconds(1))
    }
}
