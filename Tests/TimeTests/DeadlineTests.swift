import Testing
import Time

@Suite struct DeadlineTests {
    @Test func theTimeThatRemainsBecomesLess() {
        let deadline = Deadline.after(.seconds(60))
        let first = deadline.remaining
        let second = deadline.remaining
        #expect(first <= .seconds(60) && first > .seconds(30))
        #expect(second <= first)
    }

    @Test func aDeadlineHasPassedOnceNoTimeRemains() {
        #expect(!Deadline.after(.seconds(60)).hasPassed)
        #expect(Deadline.after(.zero).hasPassed)
        let passed = Deadline.after(.seconds(-5))
        #expect(passed.hasPassed && passed.remaining <= .seconds(-5))
    }

    @Test func workIsAllowedWhenItWouldEndBefore() {
        let deadline = Deadline.after(.seconds(60))
        #expect(deadline.allows(.seconds(30)))
        #expect(!deadline.allows(.seconds(60)))
        #expect(!Deadline.after(.seconds(-1)).allows(.zero))
    }

    @Test func aReserveMovesTheDeadlineForward() {
        let start = ContinuousClock.now
        let deadline = Deadline(after: .seconds(60), from: start)
        #expect(deadline.reserving(.seconds(20)) == Deadline(after: .seconds(40), from: start))
        #expect(deadline.reserving(.zero) == deadline)
        #expect(deadline.reserving(.seconds(90)).hasPassed)
    }

    @Test func aShareIsAnEqualPartOfTheTimeThatRemains() {
        let deadline = Deadline.after(.seconds(60))
        let share = deadline.share(of: 3)
        #expect(share.remaining <= .seconds(20) && share.remaining > .seconds(10))
        #expect(deadline.share(of: 1) >= deadline)
        #expect(Deadline.after(.seconds(-5)).share(of: 2).hasPassed)
    }

    @Test func theEarlierDeadlineIsTheLesser() {
        let start = ContinuousClock.now
        let early = Deadline(after: .seconds(1), from: start)
        let late = Deadline(after: .seconds(2), from: start)
        #expect(early < late && !(late < early) && !(early < early))
        #expect(min(late, early) == early)
        #expect(early == Deadline(after: .zero, from: start + .seconds(1)))
    }
}
