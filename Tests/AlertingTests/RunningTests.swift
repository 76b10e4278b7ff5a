import CloudTrail
import JSON
import Settings
import Testing

@testable import Alerting

@Suite struct RunningTests {
    private func running(_ text: String) throws -> Running { try Running(Section(file: text.utf8)) }

    private func query(minutes: Int64, scanned: Int64 = 0, user: String = "ada") -> FinishedQuery {
        let key = QueryKey(startDate: "2026-01-01", startTimestamp: "2026-01-01 12:00:00", executionID: "q")
        var query = FinishedQuery(key: key, state: "RUNNING", user: user, dataScanned: scanned)
        query.durationMilliseconds = minutes * 60_000
        query.cost = Price(perTB: 5).cost(of: query)
        return query
    }

    @Test(arguments: [
        ("30 min", RunningBound.time(1_800_000)), ("2h", .time(7_200_000)), ("90 s", .time(90_000)),
        ("$10", .threshold(.cost(Money(10, .dollars)))), ("2 TiB", .threshold(.size(ByteSize(bytes: 2 << 40)))),
    ])
    func aBoundIsATimeAnAmountOrASize(_ text: String, _ bound: RunningBound) {
        #expect(RunningBound(text) == bound)
        #expect(RunningBound(bound.description) == bound)
    }

    @Test(arguments: ["", "min", "0 min", "-1 h", "1.5 h", "30 minutes", "1 week", "h 1", "999999999999 h"])
    func anyOtherTextIsNone(_ text: String) {
        #expect(RunningBound(text) == nil)
    }

    @Test func eachTargetHasABoundOfItsOwn() throws {
        let running = try running(#"{"warn":"30 min","warn_channel":"1 TiB"}"#)
        #expect(running.reached(by: query(minutes: 29)) == [])
        #expect(running.reached(by: query(minutes: 30)) == [.user])
        #expect(running.reached(by: query(minutes: 1, scanned: 1 << 40)) == [.channel])
        #expect(running.reached(by: query(minutes: 99, scanned: 2 << 40)) == [.channel, .user])
        #expect(Running().isOff && Running().reached(by: query(minutes: 9999)) == [])
    }

    @Test func anAmountIsReachedByTheBytesSoFar() throws {
        let running = try running(#"{"warn":"$5"}"#)
        #expect(running.reached(by: query(minutes: 999)) == [])
        #expect(running.reached(by: query(minutes: 1, scanned: 1 << 40)) == [.user])
    }

    @Test func matchNarrowsTheBounds() throws {
        let running = try running(#"{"warn":"1 min","match":{"user":["gr*","ad?"]}}"#)
        #expect(running.isAbout(query(minutes: 1)) && !running.isAbout(query(minutes: 1, user: "alan")))
    }

    @Test(arguments: [
        (#"{"warn":"often"}"#, "warn"), (#"{"warn":30}"#, "warn"), (#"{"warm":"1 h"}"#, "warm"),
        (#"{"match":{"user":"a"}}"#, "found none"), (#"{"warn":"1 h","match":{"person":"a"}}"#, "match.person"),
    ])
    func aMistakeIsNamed(_ text: String, _ words: String) {
        let error = #expect(throws: SettingsError.self) { try running(text) }
        #expect(error?.description.contains(words) == true)
    }

    @Test func theMessageOfAWarningNamesItsTargets() throws {
        var warned = query(minutes: 32, scanned: 1 << 40)
        warned.warnedTargets = [.user]
        let read = try FinishedQuery(parsing: warned.message(limit: 1000).utf8)
        #expect(read.warnedTargets == [.user] && read.durationMilliseconds == 1_920_000)
        #expect(try FinishedQuery(parsing: query(minutes: 1).message(limit: 1000).utf8).warnedTargets == nil)
    }

    @Test func theHeadlineSaysHowLongAndHowMuchSoFar() {
        let known = AlertText(query(minutes: 32, scanned: 1 << 40))
        #expect(
            known.runningHeadline(for: .runner) == "Your query has been running for 32 min 0 s: 1.0 TiB, $5.00 so far"
        )
        let unknown = AlertText(query(minutes: 120))
        #expect(unknown.runningHeadline(for: .others) == "A query of ada has been running for 2 h 0 min")
    }

    @Test func bothTargetsHearOfAStoppedQueryWhateverTheThresholds() {
        var stopped = query(minutes: 60, scanned: 1 << 40)
        stopped.stopBound = "1 h"
        #expect(
            AlertPolicy(thresholds: .init(user: .never, channel: .never)).targets(for: stopped) == [.channel, .user]
        )
        let notice = AlertText(stopped).notice?.joined() ?? ""
        #expect(notice.contains("running.stop (1 h)") && notice.contains("is charged: $5.00"))
    }
}
