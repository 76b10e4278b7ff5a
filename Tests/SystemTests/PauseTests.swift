import System
import Testing

@Suite struct PauseTests {
    @Test func aPauseLastsAtLeastItsTime() {
        let start = ContinuousClock.now
        Pause.sleep(.milliseconds(20))
        #expect(start.duration(to: .now) >= .milliseconds(20))
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .nanoseconds(1)]) func noTimeIsNoPause(_ time: Duration) {
        let start = ContinuousClock.now
        Pause.sleep(time)
        #expect(start.duration(to: .now) < .seconds(3))
    }
}
