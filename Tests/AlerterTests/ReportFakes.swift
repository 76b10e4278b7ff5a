import Alerting
import HTTP
import Reporting
import Time

@testable import AWS
@testable import Alerter

/// The bucket in memory. The calls of some keys can fail.
final class FakeHistory: HistoryStore {
    var objects: [String: [UInt8]] = [:]
    var broken: Set<String> = []

    func put(_ body: [UInt8], at key: String, contentType: String, before deadline: Deadline) throws(AWSError) {
        if broken.contains(key) { throw unavailable }
        objects[key] = body
    }

    func keys(in folder: String, before deadline: Deadline) throws(AWSError) -> [String] {
        if broken.contains(folder) { throw unavailable }
        return objects.keys.filter { $0.hasPrefix(folder) }
    }

    func download(_ key: String, into sink: any ResponseSink, before deadline: Deadline) throws(AWSError) {
        if broken.contains(key) { throw unavailable }
        sink.begin()
        _ = (objects[key] ?? []).withUnsafeBytes { sink.receive($0) }
    }

    func page(_ name: String) -> String { String(decoding: objects["pages/\(name).html"] ?? [], as: UTF8.self) }

    func lines(_ key: String) throws -> [String] {
        let sink = LineSink()
        try download(key, into: sink, before: .after(.seconds(1)))
        return try sink.finish().map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The finished queries of days.
final class FakeRows: DaysOfQueries {
    var days: [String: [FinishedQuery]] = [:]
    var broken: Set<String> = []
    var pageLength = 1

    func finishedQueries(
        on day: String,
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [FinishedQuery], unreadable: Int, next: Item?) {
        if broken.contains(day) { throw unavailable }
        let queries = days[day] ?? []
        let index = Int(start?["n"]?.integer ?? 0)
        let end = index + pageLength
        let next = end < queries.count ? ["n": AttributeValue.integer(Int64(end))] : nil
        return (Array(queries[min(index, queries.count)..<min(end, queries.count)]), 0, next)
    }

    func oldestDay(at now: Timestamp) -> String { (now - .days(89)).date }
}
