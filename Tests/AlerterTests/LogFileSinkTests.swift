import AWS
import Alerting
import CloudTrail
import GzipFixture
import Testing

@testable import Alerter

@Suite struct LogFileSinkTests {
    private func record(_ number: Int, account: String = "1") -> String {
        #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","eventTime":"2026-01-01T12:00:00Z","#
            + #""recipientAccountId":"\#(account)","responseElements":{"queryExecutionId":"q\#(number)"}}"#
    }

    private func packed(_ text: String) -> [UInt8] { gzip(Array(text.utf8)) }

    private func feed(_ sink: LogFileSink, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { sink.receive($0) }
    }

    @Test func noBatchIsLongerThanItsLimitHoweverMuchComesAtOnce() {
        var batches: [Int] = []
        let sink = LogFileSink(accountID: nil) { queries in
            batches.append(queries.count)
            return queries.map { _ in .success(.written) }
        }
        sink.begin()
        let records = (0..<3000).map { record($0) }.joined(separator: ",")
        #expect(feed(sink, packed(#"{"Records":[\#(records)]}"#)))
        #expect(sink.finish() == nil)
        #expect(batches.reduce(0, +) == 3000 && (batches.max() ?? 0) <= 250)
        #expect(sink.tally.stored == 3000 && sink.tally.records.queryStarts == 3000)
    }

    @Test func theSumsHoldWhenAFileBreaksOff() {
        let sink = LogFileSink(accountID: "1") { $0.map { _ in .success(.conditionFailed) } }
        sink.begin()
        let text = #"{"Records":[\#(record(1)),\#(record(2, account: "2")),{}"#
        #expect(feed(sink, packed(text)))
        #expect(sink.finish() == "the file ends before its contents do")
        let tally = sink.tally
        #expect(tally.records.records == 3 && tally.records.queryStarts == 2 && tally.records.others == 1)
        #expect(tally.alreadyStored == 1 && tally.otherAccount == 1 && tally.stored == 0 && tally.notStored == 0)
    }

    @Test func aQueryThatCannotBeStoredFailsTheFileAndNotItsNeighbors() {
        let error = AWSError.misconfigured("no")
        let sink = LogFileSink(accountID: nil) { queries in
            queries.map { $0.executionID == "q1" ? .failure(error) : .success(.written) }
        }
        sink.begin()
        _ = feed(sink, packed(#"{"Records":[\#(record(1)),\#(record(2))]}"#))
        #expect(sink.finish() == "no")
        #expect(sink.tally.notStored == 1 && sink.tally.stored == 1)
    }

    @Test func anAttemptThatBeginsAnewCountsAnew() {
        let sink = LogFileSink(accountID: nil) { $0.map { _ in .success(.written) } }
        for _ in 0..<2 {
            sink.begin()
            _ = feed(sink, packed(#"{"Records":[\#(record(1))]}"#))
            #expect(sink.finish() == nil)
            #expect(sink.tally.stored == 1)
        }
        sink.begin()
        _ = feed(sink, packed(#"{"Records":[\#(record(1))"#))
        sink.abandon()
        #expect(sink.tally.notStored == 1)
    }
}
