import Testing

@testable import PartitionRefresh

@Suite struct KnownPartitionsTests {
    private let start = ContinuousClock.now

    @Test func aPartitionIsBelievedInForAnHour() {
        var known = KnownPartitions()
        #expect(!known.contains("a", at: start))
        known.insert("a", at: start)
        known.insert("b", at: start + .seconds(3599))
        #expect(known.contains("a", at: start + .seconds(3600)))
        // Somebody may have dropped it meanwhile: from now on its table is told of it again.
        #expect(!known.contains("a", at: start + .seconds(3601)))
        #expect(!known.contains("b", at: start + .seconds(3601)))
    }

    @Test func theNextHourBeginsWithWhatIsToldThen() {
        var known = KnownPartitions()
        known.insert("a", at: start)
        let later = start + .seconds(5000)
        #expect(!known.contains("a", at: later))
        known.insert("a", at: later)
        #expect(known.contains("a", at: later + .seconds(3600)))
        #expect(!known.contains("a", at: later + .seconds(3601)))
    }

    @Test func noMoreAreKeptThanThereIsRoomFor() {
        var known = KnownPartitions()
        for number in 0..<20_001 { known.insert("\(number)", at: start) }
        #expect(known.contains("19999", at: start) && !known.contains("20000", at: start))
    }
}
