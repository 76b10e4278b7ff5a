import Testing
import Time
import TimeFixture

@Suite struct TimeZoneTests {
    // The expected times are those of Python's zoneinfo.
    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2061-12-31T23:30:00Z", "2062-01-01 00:30:00"),
        ("EST5EDT,M3.2.0,M11.1.0", "2061-07-15T12:00:00Z", "2061-07-15 08:00:00"),
        ("<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-03-29T01:00:00Z", "2026-03-28 22:00:00"),
        ("<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2061-07-15T12:00:00Z", "2061-07-15 08:00:00"),
        ("<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2061-12-31T23:30:00Z", "2061-12-31 20:30:00"),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2061-07-15T12:00:00Z", "2061-07-15 22:30:00"),
        ("<+0545>-5:45", "2026-11-26T12:00:00Z", "2026-11-26 17:45:00"),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", "2026-03-28 22:59:59"),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-03-29 00:00:00"),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2061-07-15T12:00:00Z", "2061-07-15 15:00:00"),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-11-26T12:00:00Z", "2026-11-26 12:00:00"),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2061-07-15T12:00:00Z", "2061-07-15 13:00:00"),
        ("AAA0BBB,J60,J300", "2028-02-29T23:59:59Z", "2028-02-29 23:59:59"),
        ("AAA0BBB,J60,J300", "2028-03-01T02:00:00Z", "2028-03-01 03:00:00"),
        ("AAA0BBB,59,300", "2028-02-29T02:00:00Z", "2028-02-29 03:00:00"),
        ("AAA0BBB,0/0,J365/25", "2028-12-31T23:30:00Z", "2029-01-01 00:30:00"),
    ])
    func theRuleHoldsAfterTheTable(_ rule: String, _ time: String, _ local: String) throws {
        let zone = try #require(TimeZoneFixture.zone(rule))
        #expect(zone.local(try #require(Timestamp(iso8601: time))).dateAndTime == local)
    }

    @Test func theTableHoldsBeforeTheRule() throws {
        // Berlin's: the mean time of the place until 1893, and the summer time of 1916.
        let changes: [(Int64, Int)] = [(-2_422_054_408, 3600), (-1_693_706_400, 7200), (-1_680_483_600, 3600)]
        let zone = try #require(TimeZoneFixture.zone("CET-1CEST,M3.5.0,M10.5.0/3", first: 3208, changes: changes))
        func local(_ time: String) throws -> String {
            zone.local(try #require(Timestamp(iso8601: time))).dateAndTime
        }
        #expect(try local("1890-06-01T12:00:00Z") == "1890-06-01 12:53:28")
        #expect(try local("1900-06-01T12:00:00Z") == "1900-06-01 13:00:00")
        #expect(try local("1916-04-30T21:59:59Z") == "1916-04-30 22:59:59")
        #expect(try local("1916-04-30T22:00:00Z") == "1916-05-01 00:00:00")
    }

    @Test(arguments: [
        // Berlin: the days on which the clocks change have 23 and 25 hours.
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        // Cairo: midnight of the 24th of April 2026 does not exist, and the last hour of the 29th of October comes twice.
        ("EET-2EEST,M4.5.5/0,M10.5.4/24", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        ("EET-2EEST,M4.5.5/0,M10.5.4/24", "2026-10-29T12:00:00Z", "2026-10-28T21:00:00Z", "2026-10-29T22:00:00Z"),
    ])
    func aDayBeginsAtMidnightThere(_ rule: String, _ time: String, _ start: String, _ end: String) throws {
        let zone = try #require(TimeZoneFixture.zone(rule))
        let time = try #require(Timestamp(iso8601: time))
        #expect(zone.start(of: .day, around: time).iso8601 == start)
        #expect(zone.end(of: .day, around: time).iso8601 == end)
        #expect(zone.date(of: zone.start(of: .day, around: time)) == zone.date(of: time))
    }

    @Test func aMonthAndAWeekBeginThereAndNotInUTC() throws {
        let zone = try #require(TimeZoneFixture.zone("CET-1CEST,M3.5.0,M10.5.0/3"))
        // 00:30 on Sunday, the 1st of November.
        let time = try #require(Timestamp(iso8601: "2026-10-31T23:30:00Z"))
        #expect(zone.date(of: time) == "2026-11-01")
        #expect(zone.start(of: .month, around: time).iso8601 == "2026-10-31T23:00:00Z")
        #expect(zone.end(of: .month, around: time).iso8601 == "2026-11-30T23:00:00Z")
        #expect(zone.start(of: .week, around: time).iso8601 == "2026-10-25T23:00:00Z")
        #expect(zone.end(of: .week, around: time).iso8601 == "2026-11-01T23:00:00Z")
        #expect(TimeZone.utc.start(of: .month, around: time).iso8601 == "2026-10-01T00:00:00Z")
        #expect(TimeZone.utc.end(of: .month, around: time).iso8601 == "2026-11-01T00:00:00Z")
    }

    @Test func aMondayBeginsItsWeekAndTheFirstItsMonth() throws {
        let monday = try #require(Timestamp(iso8601: "1969-12-29T00:00:00Z"))
        #expect(TimeZone.utc.start(of: .week, around: monday) == monday)
        #expect(TimeZone.utc.start(of: .week, around: monday - .milliseconds(1)) == monday - .days(7))
        let first = try #require(Timestamp(iso8601: "2028-02-01T00:00:00Z"))
        #expect(TimeZone.utc.start(of: .month, around: first) == first)
        #expect(TimeZone.utc.end(of: .month, around: first).date == "2028-03-01")
        #expect(TimeZone.utc.end(of: .month, around: first - .milliseconds(1)) == first)
    }

    @Test(arguments: [
        "CET", "-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-25", "CET-1CEST,J0,J5", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1x", "<CET-1", "CET-1:60",
    ])
    func aRuleThatIsNoneIsRefused(_ rule: String) {
        #expect(TimeZoneFixture.zone(rule) == nil)
    }

    @Test func aFileThatIsCutOffOrDamagedIsRefused() {
        let whole = TimeZoneFixture.file("CET-1CEST,M3.5.0,M10.5.0/3", changes: [(0, 3600), (1, 7200)])
        #expect(TimeZone(name: "A", parsing: whole) != nil)
        for length in 0..<whole.count {
            #expect(TimeZone(name: "A", parsing: Array(whole.prefix(length))) == nil)
        }
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 0xFF
            _ = TimeZone(name: "A", parsing: damaged)
        }
        #expect(TimeZoneFixture.zone("", changes: [(1, 3600), (0, 7200)]) == nil)
        let leap = TimeZoneFixture.header(timeCount: 0, typeCount: 1, leapCount: 1) + [UInt8](repeating: 0, count: 15)
        let second = TimeZoneFixture.header(timeCount: 0, typeCount: 1, leapCount: 1) + [UInt8](repeating: 0, count: 19)
        #expect(TimeZone(name: "A", parsing: leap + second + Array("\n\n".utf8)) == nil)
    }

    @Test func aNameIsARelativePath() {
        for name in ["Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires"] {
            #expect(TimeZone.isName(name))
        }
        for name in ["", "/etc/passwd", "../UTC", "Europe//Berlin", "Europe/", "Europe/.", "Zürich", "a b", "A\0"] {
            #expect(!TimeZone.isName(name))
        }
    }
}
