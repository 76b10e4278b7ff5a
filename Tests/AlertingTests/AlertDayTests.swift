import Testing

@testable import Alerting

/// A day's sums, the words about them, and the form of each alert.
@Suite struct AlertDayTests {
    private func query(_ id: String = "q", gib: Int64 = 1, _ cost: Cost? = nil) -> FinishedQuery {
        let key = QueryKey(startDate: "2019-01-17", startTimestamp: "2019-01-17 11:57:30", executionID: id)
        var query = FinishedQuery(key: key, state: .succeeded, user: "ada", dataScanned: gib << 30)
        query.cost = cost
        query.region = "eu-west-1"
        return query
    }

    private func dollars(_ amount: Double, isEstimate: Bool = false) -> Cost {
        .billed(Money(amount, .dollars), isEstimate: isEstimate)
    }

    private func day(_ queries: FinishedQuery..., over threshold: Threshold? = nil) -> AlertDay {
        queries.reduce(AlertDay()) { $0.adding($1, over: threshold) }
    }

    @Test func theSumsAreThoseOfTheQueries() {
        let yuan = Cost.billed(Money(3, .yuan))
        let day = day(
            query(gib: 1, dollars(2)),
            query(gib: 2, dollars(3)),
            query(gib: 4, yuan),
            query(gib: 8, .free(.failed))
        )
        #expect(day.queries == 4 && day.dataScanned == 15 << 30)
        #expect(day.amounts == [.dollars: 5, .yuan: 3])
        #expect(day.cost == "$5.00 and ¥3.00" && day.size == "15.0 GiB")
    }

    @Test func theLargestAreThreeByCostThenBySize() {
        let day = day(
            query("a", gib: 1, dollars(1)),
            query("b", gib: 9, .free(.reused)),
            query("c", gib: 2, dollars(3)),
            query("d", gib: 5, dollars(1)),
            query("e", gib: 5, dollars(1))
        )
        #expect(day.largest.map(\.executionID) == ["c", "d", "e"])
        #expect(day.largest[0].words == "$3.00, 2.0 GiB")
        #expect(day.largest[0].consoleURL?.hasSuffix("/history/c") == true)
    }

    @Test(
        arguments: [
            (
                AlertText.Reader.others, Threshold.cost(Money(5, .dollars)),
                "ada: 2 queries over $5.00 today, 2.0 GiB, $8.00"
            ),
            (.runner, .cost(Money(5, .dollars)), "You: 2 queries over $5.00 today, 2.0 GiB, $8.00"),
            (.others, .size(ByteSize(bytes: 1 << 30)), "ada: 2 queries over 1.0 GiB today, 2.0 GiB, $8.00"),
            (.others, nil, "ada: 2 queries today, 2.0 GiB, $8.00"),
        ] as [(AlertText.Reader, Threshold?, String)]
    )
    func theHeadlineSaysWhoHowManyAndHowMuch(_ reader: AlertText.Reader, _ threshold: Threshold?, _ text: String) {
        let day = day(query(gib: 1, dollars(4)), query(gib: 1, dollars(4)), over: threshold)
        #expect(day.headline(about: "ada", for: reader) == text)
    }

    @Test func theHeadlineNamesAThresholdOnlyWhenAllReachedIt() {
        let five = Threshold.cost(Money(5, .dollars))
        let other = day(query(), over: five).adding(query(), over: .cost(Money(6, .dollars)))
        #expect(other.threshold == nil && other.adding(query(), over: five).threshold == nil)
        #expect(day(query()).adding(query(), over: five).threshold == nil)
    }

    @Test func aPhoneShowsTheCountOfALongName() {
        let text = day(query(gib: 4300, dollars(21.4))).headline(
            about: "somebody.with.a.very.long.name@example.com",
            for: .others
        )
        #expect(text.count <= 60 && text.contains("1 query today, 4.2 TiB, $21.40"))
    }

    @Test func theCostIsSaidAsSurelyAsItIsKnown() {
        #expect(day(query("q", dollars(1)), query("q", dollars(2, isEstimate: true))).cost == "about $3.00")
        #expect(day(query("q", dollars(0.001))).cost == "less than $0.01")
        #expect(day(query("q", .free(.reused)), query()).cost == "not billed")
    }

    @Test func theSumOfTheGreatestSizesIsTheGreatestSize() {
        var large = query()
        large = FinishedQuery(key: large.key, state: .succeeded, user: "ada", dataScanned: .max)
        #expect(day(large, large).dataScanned == .max)
    }

    @Test(arguments: [
        // What was announced, what comes, whether the day has doubled.
        ([1.0], [1.0], false), ([1], [1, 1], true), ([1], [1.01], true), ([5], [500], true), ([1, 1], [2], false),
    ])
    func aDayDoublesInMoney(_ announced: [Double], _ more: [Double], _ hasDoubled: Bool) {
        var day = announced.reduce(AlertDay()) { $0.adding(query("q", dollars($1)), over: nil) }.afterAnnouncement
        for amount in more { day = day.adding(query("q", gib: 0, dollars(amount)), over: nil) }
        #expect(day.hasDoubled == hasDoubled)
    }

    @Test func aDayWithoutMoneyDoublesInBytesOrWithTheFirstMoney() {
        let day = day(query(gib: 2, .free(.provisioned))).afterAnnouncement
        #expect(!day.adding(query(gib: 2, .free(.provisioned)), over: nil).hasDoubled)
        #expect(day.adding(query(gib: 3, .free(.provisioned)), over: nil).hasDoubled)
        #expect(day.adding(query(gib: 0, dollars(1)), over: nil).hasDoubled)
    }

    @Test func theFormSuitsTheMedium() {
        let thread = AlertThread(channel: "C", timestamp: "1")
        let first = day(query("q", dollars(1)))
        let second = first.afterAnnouncement.adding(query("q", dollars(1)), over: nil)
        let third = second.adding(query("q", dollars(1)), over: nil)
        #expect(AlertForm(.none, on: third, thread: nil) == .message(tellsOfDay: false))
        #expect(AlertForm(.threads, on: first, thread: nil) == .opening)
        #expect(AlertForm(.threads, on: second, thread: thread) == .reply(thread, isBroadcast: false))
        #expect(AlertForm(.threads, on: third, thread: thread) == .reply(thread, isBroadcast: true))
        // Its first message was deleted.
        #expect(AlertForm(.threads, on: third, thread: nil) == .opening)
        #expect(AlertForm(.doublings, on: first, thread: nil) == .opening)
        #expect(AlertForm(.doublings, on: second, thread: nil) == .silent)
        #expect(AlertForm(.doublings, on: third, thread: nil) == .message(tellsOfDay: true))
        // A query that still runs.
        #expect(AlertForm(.threads, on: first, thread: nil, isWarning: true) == .opening)
        #expect(AlertForm(.threads, on: second, thread: thread, isWarning: true) == .reply(thread, isBroadcast: true))
        #expect(AlertForm(.doublings, on: second, thread: nil, isWarning: true) == .message(tellsOfDay: false))
    }
}
